//! One connection to httpd that sends prepared requests and counts what comes back.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// Requests as bytes, made before the clock starts.
pub struct Script {
    heads: Vec<Vec<u8>>,
    body: Vec<u8>,
    /// How often `body` is sent.
    repeat: usize,
}

/// Bytes of a body that are sent with one call.
const PIECE: usize = 1 << 20;

impl Script {
    /// `post`: bytes of a request body; none is a GET. `headers`: how many there are. `routes`: so many different
    /// routes in the session ids, in turn.
    pub fn new(path: &str, post: usize, headers: usize, routes: usize) -> Self {
        let head = |route: Option<usize>| head(path, post, headers, route);
        let heads = if routes == 0 { vec![head(None)] } else { (0..routes).map(|n| head(Some(n))).collect() };
        let (piece, repeat) = if post > PIECE { (PIECE, post / PIECE) } else { (post, 1) };
        Self { heads, body: vec![b'x'; piece], repeat }
    }
}

fn head(path: &str, post: usize, headers: usize, route: Option<usize>) -> Vec<u8> {
    let (method, length) = match post {
        0 => ("GET", String::new()),
        n => ("POST", format!("Content-Length: {n}\r\n")),
    };
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: jk-bench\r\n{length}");
    if let Some(route) = route {
        text.push_str(&format!("Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF.m{route}\r\n"));
    }
    let there = text.lines().count() - 1;
    for n in there..headers {
        text.push_str(&format!("X-Bench-Header-{n:02}: some value of forty bytes, as is usual 00\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A connection.
pub struct Connection {
    socket: TcpStream,
    buffer: Box<[u8]>,
}

impl Connection {
    pub fn open(port: u16) -> io::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: vec![0; 256 * 1024].into() })
    }

    /// Sends request number `n` of the script and reads its reply. True if it was a whole 200.
    pub fn ask(&mut self, script: &Script, n: usize) -> io::Result<bool> {
        self.socket.write_all(&script.heads[n % script.heads.len()])?;
        if !script.body.is_empty() {
            for _ in 0..script.repeat {
                self.socket.write_all(&script.body)?;
            }
        }
        self.read()
    }

    fn read(&mut self) -> io::Result<bool> {
        let mut got = 0;
        let head = loop {
            match self.socket.read(&mut self.buffer[got..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => got += more,
            }
            if let Some(end) = find(&self.buffer[..got], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = &self.buffer[..head];
        let good = text.starts_with(b"HTTP/1.1 200 ");
        let length =
            content_length(text).ok_or_else(|| io::Error::other("a reply without Content-Length"))?;
        let mut missing = (length + head).saturating_sub(got);
        while missing > 0 {
            let most = missing.min(self.buffer.len());
            match self.socket.read(&mut self.buffer[..most])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => missing -= more,
            }
        }
        Ok(good)
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let line = head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?;
    line.trim().parse().ok()
}
