//! Peers that are hostile or broken: each run ends by itself within its limits, says so in verdicts, and stays small.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longest time for one scenario in these runs; the default is longer, the behaviour the same.
const DEADLINE: &str = "2s";
/// Longest time for a whole run, by which a hang is told from an end.
const HANG: Duration = Duration::from_secs(60);
/// Most memory that a run may take, in kibibytes.
const MEMORY: u64 = 300 * 1024;

/// How one run went.
struct Run {
    exit: Option<i32>,
    peak_kib: u64,
    results: serde_json::Value,
    stderr: String,
}

/// Run `mcp-assay server` with these options.
fn assay(options: &[&str]) -> Run {
    let out = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-assay"))
        .args(["server", "--deadline", DEADLINE, "--startup", DEADLINE, "--out"])
        .arg(out.path())
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status_file = format!("/proc/{}/status", child.id());
    let started = std::time::Instant::now();
    let mut peak_kib = 0;
    let exit = loop {
        let status = std::fs::read_to_string(&status_file).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak_kib = peak_kib.max(peak.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if started.elapsed() > HANG {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    let results = std::fs::read(out.path().join("results.json")).unwrap_or_default();
    Run { exit, peak_kib, results: serde_json::from_slice(&results).unwrap_or_default(), stderr }
}

/// Serve each connection with this, until the test ends; gives the URL.
fn serve(each: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            std::thread::spawn(move || each(socket));
        }
    });
    url
}

fn verdicts(run: &Run, wanted: &str) -> Vec<String> {
    let cases = run.results["cases"].as_array().cloned().unwrap_or_default();
    // What monitors let pass of a well-formed head is no matter here.
    let cases = cases.into_iter().filter(|case| wanted != "pass" || case["scenario"] != "monitors");
    let checks = cases.flat_map(|case| case["checks"].as_array().cloned().unwrap_or_default());
    let wanted = checks.filter(|check| check["verdict"] == wanted);
    wanted
        .map(|check| format!("{}: {}", check["name"].as_str().unwrap(), check["reason"].as_str().unwrap_or("")))
        .collect()
}

/// It ended by itself, in little memory, found the server at fault, and let nothing pass.
fn found_at_fault(run: &Run) {
    assert_eq!(run.exit, Some(1), "{}", run.stderr);
    assert!(run.peak_kib < MEMORY, "{} KiB", run.peak_kib);
    assert_eq!(verdicts(run, "pass"), Vec::<String>::new());
    assert!(!verdicts(run, "fail").is_empty(), "nothing failed: {:?}", run.results["cases"]);
    assert!(!verdicts(run, "untested").is_empty());
    assert_eq!(verdicts(run, "error"), Vec::<String>::new());
}

fn read_request(socket: &mut TcpStream) {
    let _ = socket.set_read_timeout(Some(Duration::from_millis(200)));
    let _ = socket.read(&mut [0; 64 * 1024]);
}

#[test]
fn a_server_that_accepts_and_never_answers() {
    let run = assay(&["--url", &serve(|mut socket| while socket.read(&mut [0; 1024]).is_ok_and(|n| n > 0) {})]);
    found_at_fault(&run);
}

#[test]
fn a_server_that_answers_one_byte_a_second() {
    let url = serve(|mut socket| {
        read_request(&mut socket);
        for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{        " {
            if socket.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    found_at_fault(&assay(&["--url", &url]));
}

#[test]
fn a_server_that_sends_a_body_of_a_gibibyte() {
    let url = serve(|mut socket| {
        read_request(&mut socket);
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", 1_u64 << 30);
        let mut sent = socket.write_all(head.as_bytes());
        let block = vec![b' '; 1 << 20];
        for _ in 0..1024 {
            sent = sent.and_then(|()| socket.write_all(&block));
        }
    });
    found_at_fault(&assay(&["--url", &url]));
}

#[test]
fn a_server_that_sends_events_without_end() {
    let url = serve(|mut socket| {
        read_request(&mut socket);
        let mut sent = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while sent.is_ok() {
            sent = socket.write_all(b": still here\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n");
        }
    });
    found_at_fault(&assay(&["--url", &url]));
}

#[test]
fn a_process_that_keeps_silent_and_ignores_every_signal() {
    let run = assay(&["--stdio", "trap '' TERM INT HUP; while :; do sleep 1; done"]);
    found_at_fault(&run);
}

#[test]
fn a_process_that_writes_a_line_without_end() {
    found_at_fault(&assay(&["--stdio", "cat /dev/zero"]));
}

#[test]
fn a_server_that_dies_in_the_middle() {
    // The reference server, until the first tool is called.
    let reference = env!("CARGO_BIN_EXE_mcp-assay");
    let script = format!(
        "{reference} reference server --stdio | while IFS= read -r line; do \
         case \"$line\" in *simple*text*response*) kill -KILL 0;; esac; printf '%s\\n' \"$line\"; done"
    );
    let run = assay(&["--stdio", &script]);
    assert_eq!(run.exit, Some(1), "{}", run.stderr);
    assert!(run.peak_kib < MEMORY, "{} KiB", run.peak_kib);
    let failed = verdicts(&run, "fail");
    assert!(failed.iter().any(|text| text.contains("ended")), "no verdict says that the process ended: {failed:?}");
    assert!(!verdicts(&run, "pass").is_empty(), "it served until then");
}

#[test]
fn nothing_listens_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    let run = assay(&["--url", &url]);
    assert_eq!(run.exit, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("failed to reach") && run.stderr.contains("refused"), "{}", run.stderr);
}

#[test]
fn the_command_does_not_exist() {
    let run = assay(&["--stdio", "/no/such/program"]);
    assert_eq!(run.exit, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("/no/such/program"), "the message names the command: {}", run.stderr);
}
