//! A proxy between the program and a server: it notes what was asked, and fails when it is told to.
//!
//! It speaks as much HTTP/1.1 as the program does: bodies have their length, and each connection serves one request.

use std::io::Read;
use std::io::Result;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

/// One request, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path with its query, escaped.
    pub(crate) target: String,
    /// The header lines, in the case they were written.
    pub(crate) headers: Vec<String>,
    /// What came after them, as text.
    pub(crate) body: String,
}

impl Asked {
    /// The value of a parameter of the query, with its escapes.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The server answers.
    Answered,
    /// The proxy answers with this status and body; the server does not see the request.
    Refused(u16, String),
    /// The server answers, and the connection ends in the middle of its body, or before the answer if it has none.
    CutShort,
    /// The connection ends before the server sees the request.
    Dropped,
}

impl Fate {
    /// What S3 says when it is asked too much.
    pub(crate) fn slow_down() -> Self {
        Self::Refused(503, error("SlowDown", "Please reduce your request rate."))
    }

    /// What S3 says to who lacks a permission.
    pub(crate) fn denied() -> Self {
        Self::Refused(403, error("AccessDenied", "Access Denied"))
    }
}

/// An error as S3 writes it.
pub(crate) fn error(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>0</RequestId></Error>"
    )
}

/// Decides by the number of a request, counted from 0, and the request what becomes of it.
pub(crate) type Decide = dyn Fn(usize, &Asked) -> Fate + Send + Sync;

/// A running proxy; it ends when this is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    server: u16,
    decide: Box<Decide>,
    asked: Mutex<Vec<Asked>>,
    ended: AtomicBool,
}

impl Proxy {
    /// Starts a proxy for the server at that port of this machine.
    pub(crate) fn start(server: u16, decide: impl Fn(usize, &Asked) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            decide: Box::new(decide),
            asked: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let listening = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for connection in listener.incoming() {
                    if shared.ended.load(Ordering::SeqCst) {
                        break;
                    }
                    let (Ok(connection), shared) = (connection, Arc::clone(&shared)) else { continue };
                    // A client may go away at any time; that is its business.
                    std::thread::spawn(move || {
                        let _ = shared.serve(connection);
                    });
                }
            }
        });
        Self { address, shared, listening: Some(listening) }
    }

    /// A proxy that passes everything on.
    pub(crate) fn recording(server: u16) -> Self {
        Self::start(server, |_, _| Fate::Answered)
    }

    /// A proxy that lets every tenth request fail, each time in another way.
    pub(crate) fn faulty(server: u16) -> Self {
        Self::start(server, |number, _| match number % 30 {
            3 => Fate::slow_down(),
            13 => Fate::CutShort,
            23 => Fate::Dropped,
            _ => Fate::Answered,
        })
    }

    /// Its address, in place of the server's.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in the order they came.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes it up.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Shared {
    fn asked(&self) -> std::sync::MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut client: TcpStream) -> Result<()> {
        let Some((asked, body)) = receive(&mut client)? else { return Ok(()) };
        let number = {
            let mut all = self.asked();
            all.push(asked.clone());
            all.len() - 1
        };
        let fate = (self.decide)(number, &asked);
        let answer = match &fate {
            Fate::Dropped => return client.shutdown(Shutdown::Both),
            Fate::Refused(status, text) => {
                // What answers a HEAD has no body.
                let shown = if asked.method == "HEAD" { "" } else { text };
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 {status} Refused\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n"
                );
                (head + shown).into_bytes()
            }
            Fate::Answered | Fate::CutShort => exchange(self.server, &asked.written(&body))?,
        };
        let sent = if fate == Fate::CutShort { half(&answer) } else { answer.as_slice() };
        client.write_all(sent)?;
        client.shutdown(Shutdown::Write)
    }
}

impl Asked {
    /// The request as it goes to the server.
    fn written(&self, body: &[u8]) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for line in self.headers.iter().filter(|line| !line.to_lowercase().starts_with("connection:")) {
            text.push_str(line);
            text.push_str("\r\n");
        }
        text.push_str("connection: close\r\n\r\n");
        [text.as_bytes(), body].concat()
    }
}

/// What is sent of an answer that is cut short: half of its body.
fn half(answer: &[u8]) -> &[u8] {
    match head_end(answer) {
        Some(head) if head < answer.len() => &answer[..head + (answer.len() - head) / 2],
        _ => &[],
    }
}

/// Reads a request; none if the client went away before it asked.
fn receive(client: &mut TcpStream) -> Result<Option<(Asked, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(head) = head_end(&bytes) {
            break head;
        }
        if !read_more(client, &mut bytes)? {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.trim_end().split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap_or_default();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut asked = Asked { method, target, headers: lines.collect(), body: String::new() };
    let length = asked.headers.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = bytes.split_off(head);
    while body.len() < length.unwrap_or(0) {
        if !read_more(client, &mut body)? {
            return Ok(None);
        }
    }
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some((asked, body)))
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<bool> {
    let mut buffer = [0; 16 << 10];
    let read = stream.read(&mut buffer)?;
    bytes.extend_from_slice(&buffer[..read]);
    Ok(read > 0)
}

/// Where the body begins.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Sends a request that closes its connection, and reads the whole answer.
pub(crate) fn exchange(server: u16, request: &[u8]) -> Result<Vec<u8>> {
    let mut server = TcpStream::connect(("127.0.0.1", server))?;
    server.write_all(request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}
