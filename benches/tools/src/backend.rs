//! A backend that speaks AJP and does nothing: it answers `/any/path/N` with N bytes, after it has read the whole
//! request body in the way Tomcat asks for it.
//!
//! A thread for each connection: one read and one write for a small request is the least there can be.

use crate::Fatal;
use crate::packets::{Packets, Request};
use crate::reply::{self, Manner, Replies};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

const FORWARD_REQUEST: u8 = 2;
const CPING: u8 = 10;
const CPONG: [u8; 5] = [b'A', b'B', 0, 1, 9];
const STACK: usize = 128 * 1024;

/// Serves until the standard input ends, so that it cannot outlive its owner.
pub fn run(manners: &[String]) -> Result<(), Fatal> {
    let mut ports = Vec::new();
    for text in manners {
        let manner = Manner::parse(text).ok_or_else(|| format!("{text}: STYLE:PACKET, as in one:8192"))?;
        ports.push(listen(manner)?.to_string());
    }
    println!("{}", ports.join(" "));
    io::stdout().flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Two addresses, since mod_proxy takes two members at one address for the same member.
fn listen(manner: Manner) -> io::Result<u16> {
    let first = TcpListener::bind(("127.0.0.1", 0))?;
    let port = first.local_addr()?.port();
    let second = TcpListener::bind(("127.0.0.2", port))?;
    let replies = Arc::new(Replies::default());
    for listener in [first, second] {
        let replies = Arc::clone(&replies);
        thread::spawn(move || accept(&listener, manner, &replies));
    }
    Ok(port)
}

fn accept(listener: &TcpListener, manner: Manner, replies: &Arc<Replies>) {
    for socket in listener.incoming().flatten() {
        let replies = Arc::clone(replies);
        let work = move || drop(serve(socket, manner, &replies));
        if thread::Builder::new().stack_size(STACK).spawn(work).is_err() {
            eprintln!("jk-bench: no thread for another connection");
        }
    }
}

fn serve(mut socket: TcpStream, manner: Manner, replies: &Replies) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut packets = Packets::new();
    let mut last = (0, replies.of(0, manner.packet));
    while let Some(packet) = packets.next(&mut socket)? {
        match packet.first() {
            Some(&FORWARD_REQUEST) => {
                let request = Request::decode(packet).ok_or_else(|| io::Error::other("request"))?;
                swallow(&mut socket, &mut packets, request.body, manner.packet)?;
                if last.0 != request.wanted {
                    last = (request.wanted, replies.of(request.wanted, manner.packet));
                }
                reply::send(&mut socket, manner.style, &last.1)?;
            }
            Some(&CPING) => socket.write_all(&CPONG)?,
            Some(_) | None => return Err(io::Error::other("unknown packet")),
        }
    }
    Ok(())
}

/// Reads the body: the first packet comes by itself, each other after a question.
fn swallow(
    socket: &mut TcpStream,
    packets: &mut Packets,
    mut missing: usize,
    packet: usize,
) -> io::Result<()> {
    let mut asked = true;
    while missing > 0 {
        if !asked {
            socket.write_all(&reply::ask((packet - 6).min(missing)))?;
        }
        asked = false;
        let part = packets.next(socket)?.ok_or(io::ErrorKind::UnexpectedEof)?.len().saturating_sub(2);
        if part == 0 {
            return Err(io::Error::other("the body ended early"));
        }
        missing = missing.saturating_sub(part);
    }
    Ok(())
}
