//! Mails against a mail server that says what the test tells it to say.

use super::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

fn mail() -> Mail {
    Mail { to: "ada@example.com".parse().unwrap(), subject: "Grüße".into(), text: "01234567".into() }
}

/// Speaks SMTP; answers the n-th RCPT with the n-th of `answers`, then with 250. Sends what it received.
async fn server(answers: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (received, mails) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut answers = answers.iter();
        while let Ok((stream, _)) = listener.accept().await {
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 test\r\n").await.unwrap();
            let (mut in_data, mut text) = (false, String::new());
            while let Ok(Some(line)) = lines.next_line().await {
                if in_data {
                    if line == "." {
                        in_data = false;
                        received.send(std::mem::take(&mut text)).unwrap();
                        write.write_all(b"250 ok\r\n").await.unwrap();
                    } else {
                        text += &format!("{line}\n");
                    }
                    continue;
                }
                let answer = match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => "250 test",
                    "RCPT" => answers.next().copied().unwrap_or("250 ok"),
                    "DATA" => {
                        in_data = true;
                        "354 go on"
                    }
                    "QUIT" => "221 bye",
                    _ => "250 ok",
                };
                let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
            }
        }
    });
    (url, mails)
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_sent_again_and_arrives_once() {
    let (url, mut mails) = server(&["451 later"]).await;
    let outbox = Outbox::new(Mailer::smtp(&url, "Paige <paige@example.com>").unwrap());
    outbox.reserve().unwrap().send(mail());
    let text = tokio::time::timeout(Duration::from_secs(30), mails.recv()).await.expect("a mail").unwrap();
    assert!(text.contains("To: ada@example.com") && text.contains("From: Paige <paige@example.com>"), "{text}");
    assert!(text.contains("01234567"), "{text}");
    outbox.tasks.close();
    outbox.tasks.wait().await;
    assert!(mails.try_recv().is_err());
    assert_eq!(outbox.waiting.available_permits(), WAITING_MAX);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_at_once() {
    let (url, mut mails) = server(&["550 no such user"]).await;
    let outbox = Outbox::new(Mailer::smtp(&url, "paige@example.com").unwrap());
    outbox.reserve().unwrap().send(mail());
    outbox.tasks.close();
    tokio::time::timeout(Duration::from_secs(30), outbox.tasks.wait()).await.expect("given up");
    assert!(mails.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_nobody_takes_is_tried_a_few_times_and_given_up() {
    // A port that nobody listens on.
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("smtp://{}", listener.local_addr().unwrap())
    };
    let outbox = Outbox::new(Mailer::smtp(&url, "paige@example.com").unwrap());
    let began = tokio::time::Instant::now();
    outbox.reserve().unwrap().send(mail());
    assert_eq!(began.elapsed(), Duration::ZERO, "whoever leaves a mail does not wait");
    outbox.tasks.close();
    outbox.tasks.wait().await;
    let pauses = PAUSE_FIRST * (1 + 4 + 16 + 64);
    assert!((pauses..pauses + ATTEMPT_TIME_MAX * ATTEMPTS_MAX).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(outbox.waiting.available_permits(), WAITING_MAX);
}

#[tokio::test]
async fn mails_that_wait_are_bounded_and_so_is_the_mailbox() {
    let outbox = Outbox::new(Mailer::mailbox(Clock::System));
    let places: Vec<Place> = (0..WAITING_MAX).map(|_| outbox.reserve().unwrap()).collect();
    assert!(matches!(outbox.reserve(), Err(Error::MailsFull)));
    places.into_iter().for_each(|place| place.send(mail()));
    outbox.tasks.close();
    outbox.tasks.wait().await;
    assert_eq!(outbox.mailer().kept().unwrap().len(), MAILBOX_MAX);
    assert!(outbox.reserve().is_ok());
}

#[tokio::test(start_paused = true)]
async fn strangers_leave_room_for_those_who_are_registered() {
    let outbox = Outbox::new(Mailer::mailbox(Clock::System));
    let mut places = Vec::new();
    while let Some(place) = outbox.reserve_for_stranger().unwrap() {
        places.push(place);
    }
    assert_eq!(places.len(), strangers::WAITING_MAX);
    assert!(outbox.reserve().is_ok());
    let mut mails = u32::try_from(places.len()).unwrap();
    drop(places);
    while outbox.reserve_for_stranger().unwrap().is_some() {
        mails += 1;
    }
    assert_eq!(mails, strangers::MAILS_MAX, "however fast they are sent");
    tokio::time::advance(strangers::COUNTED_FOR).await;
    assert!(outbox.reserve_for_stranger().unwrap().is_some());
    let _full: Vec<Place> = (0..WAITING_MAX).map(|_| outbox.reserve().unwrap()).collect();
    assert!(matches!(outbox.reserve_for_stranger(), Err(Error::MailsFull)), "as those who are registered are told");
}

#[test]
fn what_is_no_mail_server_is_refused_without_repeating_it() {
    for url in ["", "http://user:hunter2@host", "smtp//host", "smtp://user:hunter2@host?tls=perhaps"] {
        let refused = Mailer::smtp(url, "paige@example.com").unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
    }
    assert!(matches!(Mailer::smtp("smtp://host", "nobody"), Err(MailerError::From)));
}
