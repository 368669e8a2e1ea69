//! Callers who try what no client sends: strange headers, other spellings, and guessing in numbers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use e2e::Stage;

use crate::cast::Cast;

/// How long an answer may take, whatever was sent.
const SOON: Duration = Duration::from_secs(10);

/// Sends bytes as they are and gives back the status; none if the connection was closed without an answer.
fn raw(stage: &Stage, path: &str, headers: &[u8]) -> Option<u16> {
    let address = stage.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    // A server that has seen enough may hang up while more is sent.
    let _ = stream.write_all(&[head.as_bytes(), headers, b"\r\n"].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

fn bearer(text: &[u8]) -> Vec<u8> {
    [b"Authorization: Bearer ", text, b"\r\n"].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_strange_header_gets_anybody_in() {
    let stage = Stage::start().await;
    let cast = Cast::gather(&stage).await;
    let path = format!("/v1/projects/{}", cast.project);
    let good = cast.keys_with["projects:read"].as_bytes();
    let (start, secret) = good.split_at(good.len() - 64);
    assert_eq!(raw(&stage, &path, &bearer(good)), Some(200), "the good key");

    let join = |parts: &[&[u8]]| parts.concat();
    let refused = [
        ("no header", Vec::new()),
        ("an empty one", b"Authorization:\r\n".to_vec()),
        ("no credentials", bearer(b"")),
        ("two of the same", join(&[&bearer(good), &bearer(good)])),
        ("two, a bad one first", join(&[&bearer(b"x"), &bearer(good)])),
        ("another scheme", join(&[b"Authorization: Basic ", good, b"\r\n"])),
        ("a scheme that begins like ours", join(&[b"Authorization: Bearers ", good, b"\r\n"])),
        ("no scheme", join(&[b"Authorization: ", good, b"\r\n"])),
        ("two spaces", join(&[b"Authorization: Bearer  ", good, b"\r\n"])),
        ("something behind", bearer(&join(&[good, b" x"]))),
        ("a comma", bearer(&join(&[good, b",", good]))),
        ("a secret one too short", bearer(&good[..good.len() - 1])),
        ("a secret one too long", bearer(&join(&[good, b"0"]))),
        (
            "a secret in capitals",
            bearer(&join(&[
                start,
                &secret.to_ascii_uppercase().iter().map(|b| if b.is_ascii_digit() { b'A' } else { *b }).collect::<Vec<_>>(),
            ])),
        ),
        ("no secret", bearer(start)),
        ("a secret of letters that look alike", bearer(&join(&[start, "а".repeat(64).as_bytes()]))),
        ("unicode", bearer("paige_key_Ünïcödé_🔑".as_bytes())),
        ("bytes that are no text", bearer(&[0xff, 0xfe, 0x80])),
        ("long credentials", bearer(&[b'x'; 20_000])),
        ("a long key", bearer(&join(&[good, &[b'0'; 2_000]]))),
        ("a thousand parts", bearer(&[b'_'; 1_000])),
        ("a cookie instead", join(&[b"Cookie: Authorization=Bearer ", good, b"\r\n"])),
        ("a proxy's header", join(&[b"Proxy-Authorization: Bearer ", good, b"\r\n"])),
    ];
    for (what, headers) in &refused {
        assert_eq!(raw(&stage, &path, headers), Some(401), "{what}");
    }
    for (what, headers) in [("a huge header", bearer(&vec![b'x'; 200_000])), ("a line in a line", bearer(&join(&[good, b"\r\n x"])))] {
        let status = raw(&stage, &path, &headers);
        assert!(status.is_none_or(|status| matches!(status, 400 | 401 | 431)), "{what}: {status:?}");
    }
    // In the address it is no key, and other spellings of the path are other paths.
    let text = String::from_utf8_lossy(good);
    assert_eq!(raw(&stage, &format!("{path}?access_token={text}&api_key={text}"), b""), Some(401));
    for other in [format!("/{path}"), path.to_uppercase(), path.replace("/v1", "/%761"), format!("/x/..{path}")] {
        assert!(matches!(raw(&stage, &other, b""), Some(404 | 401)), "{other}");
        assert_ne!(raw(&stage, &other, &bearer(good)), Some(200), "{other}");
    }
    assert_eq!(raw(&stage, &path, &bearer(good)), Some(200), "the good key, after all that");
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_in_numbers_holds_up_nobody() {
    let stage = Stage::start().await;
    let cast = Cast::gather(&stage).await;
    let url = format!("{}/v1/projects/{}", stage.base, cast.project);
    let ask = async |credentials: String| stage.http.get(&url).bearer_auth(credentials).send().await.unwrap().status().as_u16();
    let guesses = futures::future::join_all((0..500).map(|_| ask(cast.key_unknown())));
    let good = async {
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            let began = Instant::now();
            assert_eq!(ask(cast.keys_with["projects:read"].clone()).await, 200);
            longest = longest.max(began.elapsed());
        }
        longest
    };
    let (guessed, longest) = tokio::join!(guesses, good);
    assert!(guessed.iter().all(|status| *status == 401), "{guessed:?}");
    println!("500 guesses at once; the longest answer to the good key meanwhile: {longest:?}");
    assert!(longest < SOON, "{longest:?}");
    stage.finish(0).await;
}
