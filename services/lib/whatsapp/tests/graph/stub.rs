//! A server on a port of its own that notes what it is asked and answers as it is told, in turn: also never, or half.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use whatsapp::graph::{Graph, Settings, Token};

/// The token of every test.
pub(crate) const TOKEN: &str = "EAAG-a-token-of-tests";
/// How long a test waits for what must not take long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    pub(crate) query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// By its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of a form, with a boundary that is the same each time.
    pub(crate) fn form(&self) -> String {
        let boundary = self.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
        String::from_utf8(self.body.clone()).unwrap().replace(boundary, "BOUNDARY")
    }

    /// Asserts line, query and token.
    pub(crate) fn is(&self, line: &str, query: &[(&str, &str)]) {
        assert_eq!(self.line, line);
        let asked: Vec<(&str, &str)> = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(asked, query);
        assert_eq!(self.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        assert_eq!(self.header("user-agent"), Some("paige"));
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Json(u16, Value),
    Bytes(u16, Vec<u8>),
    /// It says where else to look.
    Redirect(String),
    /// It promises more than comes.
    Half(u16, Vec<u8>),
    /// The connection ends without a word.
    HangUp,
    /// The connection stays, without a word.
    Silence,
}

pub(crate) struct Stub {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
}

impl Stub {
    /// Answers these, then nothing more.
    pub(crate) async fn telling(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { answers: Mutex::new(answers.into_iter().collect()), ..Shared::default() });
        let task = tokio::spawn(serve(listener, shared.clone()));
        Self { url, shared, task }
    }

    pub(crate) fn tell(&self, answer: Answer) {
        self.shared.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn graph(&self) -> Graph {
        graph_at(&self.url)
    }

    /// Everything that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The one thing that was asked.
    pub(crate) fn only(&self) -> Asked {
        let [asked] = <[Asked; 1]>::try_from(self.asked()).unwrap();
        asked
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client of whoever is there.
pub(crate) fn graph_at(url: &str) -> Graph {
    Graph::new(Settings { url: format!("{url}/v26.0"), app_id: "471".to_owned(), app_secret: Token::new("app-secret") }).unwrap()
}

pub(crate) fn token() -> Token {
    Token::new(TOKEN)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let shared = shared.clone();
        tokio::spawn(async move {
            // A client may leave when it likes.
            let _ = converse(stream, &shared).await;
        });
    }
}

async fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = hear(&mut stream).await? {
        shared.asked.lock().unwrap().push(asked);
        let answer = shared.answers.lock().unwrap().pop_front();
        let written = match answer {
            Some(Answer::Json(status, json)) => written(status, "content-type: application/json\r\n", json.to_string().as_bytes(), 0),
            Some(Answer::Bytes(status, bytes)) => written(status, "", &bytes, 0),
            Some(Answer::Redirect(to)) => written(302, &format!("location: {to}\r\n"), b"", 0),
            Some(Answer::Half(status, bytes)) => {
                stream.write_all(&written(status, "", &bytes, 100)).await?;
                return Ok(());
            }
            Some(Answer::HangUp) => return Ok(()),
            Some(Answer::Silence) | None => std::future::pending().await,
        };
        stream.write_all(&written).await?;
    }
    Ok(())
}

fn written(status: u16, headers: &str, body: &[u8], missing: usize) -> Vec<u8> {
    let length = body.len() + missing;
    let head = format!("HTTP/1.1 {status} X\r\nx-fb-request-id: R1\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// One request; none: the client is done.
async fn hear(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let [method, target, _] = <[&str; 3]>::try_from(first.split_whitespace().collect::<Vec<_>>()).unwrap();
    let url = reqwest::Url::parse(&format!("http://stub{target}")).unwrap();
    let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Ok(Some(Asked { line: format!("{method} {}", url.path()), query, headers, body }))
}
