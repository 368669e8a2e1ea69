//! What a person at a terminal sees while it works, and that a program sees nothing of it.

use std::fs::File;
use std::io::Read;
use std::thread::JoinHandle;

use nix::pty::{Winsize, openpty};

use crate::bench::Bench;
use crate::process::{Ended, command, ended};

/// The smallest terminal that anybody has.
const SIZE: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };

/// Runs it with a terminal as its standard error; gives what was drawn there.
async fn on_a_terminal(bench: &Bench, line: &str) -> (Ended, String) {
    let terminal = openpty(&SIZE, None).unwrap();
    let mut command = command(line, &bench.servers());
    command.stderr(File::from(terminal.slave)).env("TERM", "xterm");
    let process = command.spawn().unwrap();
    // Ours is closed with it: the reader ends when the last one who writes is gone.
    drop(command);
    let drawn: JoinHandle<String> = std::thread::spawn(move || {
        let (mut screen, mut drawn, mut some) = (File::from(terminal.master), Vec::new(), [0; 4_096]);
        while let Ok(length @ 1..) = screen.read(&mut some) {
            drawn.extend_from_slice(&some[..length]);
        }
        String::from_utf8_lossy(&drawn).into_owned()
    });
    (ended(line, process).await, drawn.join().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_with_rate_and_time_left_is_drawn_on_a_terminal_alone() {
    let bench = Bench::start(50).await;
    for line in ["verify --rate 5", "rebuild --yes --rate 5", "plan"] {
        let (ended, drawn) = on_a_terminal(&bench, line).await;
        assert_eq!(ended.code, Some(0), "{line}: {}", ended.out);
        assert!(drawn.contains("/s") && drawn.contains("ETA"), "{line} drew {drawn:?}");
        assert!(ended.out.contains(&bench.project.to_string()) && !ended.out.contains("ETA"), "{line}: {}", ended.out);
    }
    let (ended, drawn) = on_a_terminal(&bench, "verify --rate 5 --json").await;
    assert_eq!((ended.code, drawn.as_str()), (Some(0), ""), "a program reads this");
    let piped = bench.process("verify --rate 5").await;
    assert_eq!((piped.code, piped.err.as_str()), (Some(0), ""), "nobody is at the other end of a pipe");
}
