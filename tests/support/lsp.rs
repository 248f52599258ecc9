//! A client of `repx lsp` that says exactly what a test wants it to say.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use super::program::{PATIENCE, repx};

/// A server and the conversation with it.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    /// What it has said.
    said: Receiver<Value>,
    /// What was met while something else was waited for.
    met: Vec<Value>,
    /// What is told of files, as of the last look.
    told: BTreeMap<String, Vec<Value>>,
    last: i64,
}

/// The name of a file in the protocol.
pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

impl Client {
    /// Starts a server; nothing is said yet.
    pub(crate) fn start(directory: &Path) -> Client {
        Client::start_with(directory, &[])
    }

    /// The same with variables of its environment.
    pub(crate) fn start_with(directory: &Path, variables: &[(&str, &str)]) -> Client {
        let mut command = repx(directory);
        command.arg("lsp").envs(variables.iter().copied()).stderr(Stdio::null());
        Client::start_as(command)
    }

    /// Starts a server by a command.
    pub(crate) fn start_as(mut command: Command) -> Client {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take();
        let (sender, said) = channel();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Client { child, input, said, met: Vec::new(), told: BTreeMap::new(), last: 0 }
    }

    /// Starts a server and introduces itself.
    pub(crate) fn open(directory: &Path) -> Client {
        let mut client = Client::start(directory);
        client.introduce(json!({}));
        client
    }

    /// Introduces itself as a client that can do this; what the server answers.
    pub(crate) fn introduce(&mut self, capabilities: Value) -> Value {
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        let answer = self.ask("initialize", params);
        self.tell("initialized", json!({}));
        answer
    }

    /// Sends bytes.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("not closed yet");
        input.write_all(bytes).expect("the server listens");
        input.flush().expect("the server listens");
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    /// Tells something.
    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks something without waiting for the answer.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Asks something; the answer, whole.
    pub(crate) fn asked(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// The answer to a question.
    pub(crate) fn answer(&mut self, id: i64) -> Value {
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// Asks something that must be answered; the result.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.asked(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Waits for a message; what comes before it is kept for later.
    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.met.iter().position(&wanted) {
            return self.met.remove(at);
        }
        loop {
            let message = self.said.recv_timeout(PATIENCE).expect("a message comes");
            if wanted(&message) {
                return message;
            }
            self.met.push(message);
        }
    }

    /// Waits for what is said of a file.
    pub(crate) fn diagnostics(
        &mut self,
        path: &Path,
        wanted: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let uri = uri(path);
        let message = self.wait(|message| {
            let all = message["params"]["diagnostics"].as_array();
            message["params"]["uri"] == uri && all.is_some_and(|all| wanted(all))
        });
        message["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    /// What has been told of all files by now, as far as nobody has waited for it.
    pub(crate) fn told(&mut self) -> &BTreeMap<String, Vec<Value>> {
        for message in &self.met {
            let params = &message["params"];
            if let (Some(uri), Some(all)) =
                (params["uri"].as_str(), params["diagnostics"].as_array())
            {
                self.told.insert(uri.to_owned(), all.clone());
            }
        }
        self.met.retain(|message| message["params"]["diagnostics"].is_null());
        &self.told
    }

    /// Opens a file with a text.
    pub(crate) fn open_text(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "nix", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Opens a file as it lies there; its text.
    pub(crate) fn open_file(&mut self, path: &Path) -> String {
        let text = std::fs::read_to_string(path).expect("a file");
        self.open_text(path, &text);
        text
    }

    /// Edits an open file.
    pub(crate) fn edit(&mut self, path: &Path, version: i32, changes: Value) {
        let document = json!({ "uri": uri(path), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", params);
    }

    /// Lets nothing more be heard.
    pub(crate) fn hang_up(&mut self) {
        self.input = None;
    }

    /// Says goodbye; the server's exit status.
    pub(crate) fn leave(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.status()
    }

    /// Waits for the server's end.
    pub(crate) fn status(mut self) -> Option<i32> {
        let begin = std::time::Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status.code();
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        panic!("the server doesn't end");
    }

    /// Bytes of memory that the server takes up.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has ended, or the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().expect("a number"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}
