//! Messages in and out.
//!
//! Each message has a header with the number of its bytes, then JSON. What can't be read is told as
//! such and skipped up to where a header begins again: one bad message must not end the
//! conversation. (`lsp_server`'s own reader ends there, so only its messages are used.)

use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError};
use serde::Serialize;
use serde_json::{Value, json};

/// A message with more bytes is skipped.
const LARGEST: u64 = 64 << 20;
/// Nobody sends so much: the number is wrong, and skipping so many bytes would skip everything.
const ABSURD: u64 = 1 << 32;
/// A header has no line that is longer.
const LONGEST_LINE: u64 = 4096;

const LENGTH: &str = "content-length:";

/// What came in.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none, and why; the request's id, where it has one.
    Refused(Option<RequestId>, ErrorCode, String),
    /// Nothing more will come.
    End,
}

/// Reads all that comes in. To be called on a thread of its own.
pub(super) fn read_all(input: impl Read, mut heard: impl FnMut(Incoming) -> bool) {
    let mut input = io::BufReader::new(input);
    let mut skipping = false;
    loop {
        let incoming = match frame(&mut input) {
            Ok(Frame::Body(body)) => {
                skipping = false;
                message(&body)
            }
            // What is skipped is told once.
            Ok(Frame::Garbage(_)) if skipping => continue,
            Ok(Frame::Garbage(why)) => {
                skipping = true;
                Incoming::Refused(None, ErrorCode::ParseError, why)
            }
            Ok(Frame::TooLarge(length)) => {
                let why = format!("a message of {length} bytes is too large");
                Incoming::Refused(None, ErrorCode::InvalidRequest, why)
            }
            Ok(Frame::End) | Err(_) => {
                heard(Incoming::End);
                return;
            }
        };
        if !heard(incoming) {
            return;
        }
    }
}

enum Frame {
    Body(Vec<u8>),
    /// No header, or one that says no length.
    Garbage(String),
    /// The message was skipped.
    TooLarge(u64),
    End,
}

fn frame(input: &mut impl BufRead) -> io::Result<Frame> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(Frame::End);
        }
        let line = String::from_utf8_lossy(&line);
        let (line, ended) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), true),
            None => (&*line, false),
        };
        match header(line) {
            Header::Length(found) if ended => length = Some(found),
            Header::Other if ended => {}
            Header::Blank if ended => {
                if let Some(length) = length {
                    return body(input, length);
                }
                // Between messages an empty line does no harm.
            }
            Header::Length(_) | Header::Other | Header::Blank | Header::None => {
                return Ok(Frame::Garbage(format!(
                    "expected `Content-Length: …`, found `{}`",
                    line.chars().take(40).collect::<String>()
                )));
            }
        }
    }
}

enum Header {
    Length(u64),
    Other,
    Blank,
    None,
}

/// A length counts wherever it stands in a line: what comes before it may be what is left of a message
/// that was longer than it said.
fn header(line: &str) -> Header {
    if line.is_empty() {
        return Header::Blank;
    }
    let lower = line.to_ascii_lowercase();
    if let Some((_, number)) = lower.rsplit_once(LENGTH) {
        let number = number.trim().parse().ok().filter(|length| *length < ABSURD);
        return number.map_or(Header::None, Header::Length);
    }
    if lower.starts_with("content-type:") { Header::Other } else { Header::None }
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Frame> {
    let mut limited = input.take(length);
    if length > LARGEST {
        io::copy(&mut limited, &mut io::sink())?;
        return Ok(Frame::TooLarge(length));
    }
    // Memory is taken up as bytes come in: what a header says is only a claim.
    let mut body = Vec::new();
    limited.read_to_end(&mut body)?;
    Ok(if (body.len() as u64) < length { Frame::End } else { Frame::Body(body) })
}

/// A message, or what is wrong with it.
fn message(body: &[u8]) -> Incoming {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => {
            let why = format!("the message is no JSON: {error}");
            return Incoming::Refused(None, ErrorCode::ParseError, why);
        }
    };
    let refused = |id, why: &str| Incoming::Refused(id, ErrorCode::InvalidRequest, why.into());
    let Value::Object(mut fields) = value else {
        return refused(None, "a message is an object; batches are not part of the protocol");
    };
    let id = fields.remove("id");
    let known: Option<RequestId> = id.clone().and_then(|id| serde_json::from_value(id).ok());
    let params = fields.remove("params").unwrap_or_default();
    match (fields.remove("method"), id, known) {
        (Some(Value::String(method)), None, _) => {
            Incoming::Message(Notification { method, params }.into())
        }
        (Some(Value::String(method)), Some(_), Some(id)) => {
            Incoming::Message(Request { id, method, params }.into())
        }
        (Some(Value::String(_)), Some(_), None) => {
            refused(None, "the id of a request is a number of 32 bits or a string")
        }
        (Some(_), _, id) => refused(id, "the name of a method is a string"),
        // An answer to something that we have asked.
        (None, _, Some(id)) if fields.contains_key("result") || fields.contains_key("error") => {
            Incoming::Message(response(id, fields.remove("error")))
        }
        // An error that has no id is about what we sent, and nobody can do anything about it.
        (None, _, id) if fields.contains_key("error") => {
            let id = id.unwrap_or_else(|| RequestId::from(String::new()));
            Incoming::Message(response(id, fields.remove("error")))
        }
        (None, _, id) => refused(id, "the message has no method"),
    }
}

/// What comes of our requests is not looked at, but for whether they were refused.
fn response(id: RequestId, error: Option<Value>) -> Message {
    let Some(error) = error else {
        return Message::Response(Response { id, response_result: Ok(Value::Null) });
    };
    let message = error.get("message").and_then(Value::as_str).unwrap_or("refused").to_owned();
    let error = ResponseError { code: 0, message, data: None };
    Message::Response(Response { id, response_result: Err(error) })
}

/// Where messages go out, in order, by a thread of its own: a client that is slow to read must not
/// keep the server from listening.
pub(super) struct Outgoing {
    sender: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Outgoing {
    /// Writes to this.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn new(mut output: impl Write + Send + 'static) -> io::Result<Outgoing> {
        let (sender, receiver) = channel::<String>();
        let write = move || {
            // Nobody may read any more. The end of the input then ends the server.
            let mut open = true;
            for message in receiver {
                open = open && write(&mut output, &message).is_ok();
            }
        };
        let thread = std::thread::Builder::new().name("writer".into()).spawn(write)?;
        Ok(Outgoing { sender: Some(sender), thread: Some(thread) })
    }

    fn send(&self, message: &impl Serialize) {
        // What these messages are made of can all be written.
        if let (Some(sender), Ok(text)) = (&self.sender, serde_json::to_string(message)) {
            // The writer lives as long as this.
            let _ = sender.send(text);
        }
    }

    /// Tells something.
    pub(super) fn notify(&self, method: &str, params: &impl Serialize) {
        self.send(&Told { jsonrpc: VERSION, method, params });
    }

    /// Asks something.
    pub(super) fn ask(&self, id: i32, method: &str, params: &Value) {
        let asked = json!({ "jsonrpc": VERSION, "id": id, "method": method, "params": params });
        self.send(&asked);
    }

    /// Answers.
    pub(super) fn answer(&self, id: &RequestId, result: &Value) {
        self.send(&json!({ "jsonrpc": VERSION, "id": id, "result": result }));
    }

    /// Refuses. Of what has no id, or none that could be read, it is null.
    pub(super) fn refuse(&self, id: Option<&RequestId>, code: ErrorCode, why: &str) {
        let error = json!({ "code": code as i32, "message": why });
        self.send(&json!({ "jsonrpc": VERSION, "id": id, "error": error }));
    }
}

/// The version of JSON-RPC.
const VERSION: &str = "2.0";

/// A notification, which may be long: it is written as it is.
#[derive(Serialize)]
struct Told<'a, P> {
    jsonrpc: &'static str,
    method: &'a str,
    params: &'a P,
}

impl Drop for Outgoing {
    /// Waits until everything is written.
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // It doesn't panic; if it did, that would have been said.
            let _ = thread.join();
        }
    }
}

fn write(output: &mut impl Write, text: &str) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(input: &[u8]) -> Vec<String> {
        let mut told = Vec::new();
        read_all(input, |incoming| {
            told.push(match incoming {
                Incoming::Message(Message::Request(request)) => {
                    format!("request {} {}", request.id, request.method)
                }
                Incoming::Message(Message::Notification(note)) => format!("note {}", note.method),
                Incoming::Message(Message::Response(answer)) => format!("answer {}", answer.id),
                Incoming::Refused(id, code, _) => {
                    format!(
                        "refused {} {}",
                        id.map_or("-".into(), |id| id.to_string()),
                        code as i32
                    )
                }
                Incoming::End => "end".to_owned(),
            });
            true
        });
        told
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn messages_of_all_kinds_are_told_apart() {
        for (body, expected) in [
            (r#"{"id":1,"method":"a"}"#, "request 1 a"),
            (r#"{"id":"x","method":"a","params":[]}"#, "request \"x\" a"),
            (r#"{"method":"a","params":null}"#, "note a"),
            (r#"{"id":1,"result":null}"#, "answer 1"),
            (r#"{"id":1,"error":{"code":1,"message":"m"}}"#, "answer 1"),
            (r#"{"id":null,"error":{"code":1}}"#, "answer \"\""),
            (r#"{"id":1.5,"method":"a"}"#, "refused - -32600"),
            (r#"{"id":99999999999,"method":"a"}"#, "refused - -32600"),
            (r#"{"id":null,"method":"a"}"#, "refused - -32600"),
            (r#"{"id":7,"method":3}"#, "refused 7 -32600"),
            (r#"{"id":7}"#, "refused 7 -32600"),
            ("[]", "refused - -32600"),
            ("{", "refused - -32700"),
            ("", "refused - -32700"),
        ] {
            assert_eq!(told(framed(body).as_bytes()), [expected, "end"], "{body}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(told(framed(&deep).as_bytes()), ["refused - -32700", "end"]);
        assert_eq!(told(b"Content-Length: 2\r\n\r\n\xff\xfe"), ["refused - -32700", "end"]);
    }

    #[test]
    fn what_follows_something_malformed_is_heard() {
        let good = framed(r#"{"id":1,"method":"a"}"#);
        for bad in [
            "nonsense\r\n".repeat(3),
            "Content-Length: many\r\n\r\n".to_owned(),
            "Content-Length: -1\r\n\r\n".to_owned(),
            "Content-Length: 99999999999999\r\n\r\n".to_owned(),
            "x".repeat(10_000),
        ] {
            let all = told(format!("{bad}{good}{good}").as_bytes());
            let one = all.iter().filter(|told| told.starts_with("refused")).count();
            assert_eq!(one, 1, "told once: {all:?}");
            assert_eq!(all[1..], ["request 1 a", "request 1 a", "end"], "{bad:.40}");
        }
        let cut = "Content-Length: 3\r\n\r\n{\"id\":2}";
        let all = told(format!("{cut}{good}").as_bytes());
        assert_eq!(all, ["refused - -32700", "request 1 a", "end"]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_end_the_conversation_but_the_last(
            bytes in "(Content-Length: [0-9]{1,2}\r\n\r\n|[{}\"a:, ]{0,9}|\r\n|\\PC{0,4}){0,8}",
        ) {
            let good = framed(r#"{"id":1,"method":"a"}"#);
            // As many as the last length may swallow.
            let all = told(format!("{bytes}{}\r\n{}", "\n".repeat(100), good.repeat(6)).as_bytes());
            proptest::prop_assert_eq!(all.iter().filter(|told| *told == "end").count(), 1);
            proptest::prop_assert!(all.iter().any(|told| told == "request 1 a"), "{:?}", all);
        }
    }

    #[test]
    fn what_is_too_large_is_skipped() {
        let large = LARGEST + 1;
        let header = format!("Content-Length: {large}\r\nContent-Type: x\r\n\r\n");
        let good = framed(r#"{"id":1,"method":"a"}"#);
        let input = header.as_bytes().chain(io::repeat(b' ').take(large)).chain(good.as_bytes());
        let mut heard = Vec::new();
        read_all(input, |incoming| {
            heard.push(format!("{incoming:?}").split('(').next().unwrap_or_default().to_owned());
            true
        });
        assert_eq!(heard, ["Refused", "Message", "End"]);
    }

    #[test]
    fn a_message_that_is_cut_off_ends_the_input() {
        assert_eq!(told(b"Content-Length: 100\r\n\r\n{}"), ["end"]);
        assert_eq!(told(b""), ["end"]);
    }
}
