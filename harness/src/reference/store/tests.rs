//! Both back ends keep the same promises.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::process::Stdio;

use super::log::{MAX_EVENTS, Page};
use super::*;

/// A Redis server of this test's own; none where the program is not installed.
async fn redis() -> Option<(Store, tokio::process::Child)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let mut command = tokio::process::Command::new("redis-server");
    command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]).kill_on_drop(true);
    let Ok(child) = command.stdout(Stdio::null()).spawn() else {
        eprintln!("skipped: there is no redis-server on this machine");
        return None;
    };
    let url = format!("redis://127.0.0.1:{port}");
    for _ in 0..100 {
        if let Ok(store) = Store::redis(&url).await {
            return Some((store, child));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("redis-server did not come up at {url}");
}

async fn stores() -> Vec<(Store, Option<tokio::process::Child>)> {
    let mut all = vec![(Store::default(), None)];
    all.extend(redis().await.map(|(store, child)| (store, Some(child))));
    all
}

fn message(text: &str) -> Event {
    Event::Message(text.to_owned())
}

#[tokio::test]
async fn maps_change_in_one_step_and_expire() {
    for (store, _child) in stores().await {
        assert!(store.add("m", "a", "1", LONG).await.unwrap());
        assert!(!store.add("m", "a", "2", LONG).await.unwrap());
        assert!(!store.swap("m", "a", "2", "3").await.unwrap());
        assert!(store.swap("m", "a", "1", "3").await.unwrap());
        assert!(!store.swap("m", "b", "", "3").await.unwrap());
        assert_eq!(store.field("m", "a").await.unwrap().as_deref(), Some("3"));
        assert_eq!(store.count("m", "n", 1, LONG).await.unwrap(), 1);
        assert_eq!(store.count("m", "n", 1, LONG).await.unwrap(), 2);
        assert_eq!(store.size("m").await.unwrap(), 2);
        assert!(store.unset("m", "n").await.unwrap() && !store.unset("m", "n").await.unwrap());
        assert!(store.remove("m").await.unwrap() && !store.remove("m").await.unwrap());
        assert!(store.fields("m").await.unwrap().is_empty());
        store.set("m", "a", "1", Duration::ZERO).await.unwrap();
        while store.field("m", "a").await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
        assert_eq!(store.key().await.unwrap(), store.clone().key().await.unwrap());
        assert_ne!(store.key().await.unwrap(), Store::default().key().await.unwrap());
    }
}

#[tokio::test]
async fn a_log_is_read_in_order_by_one_at_a_time() {
    for (store, _child) in stores().await {
        let (here, there) = (store.log("l", LONG), store.log("l", LONG));
        assert_eq!(there.end().await.unwrap(), 0);
        let first = there.attach(7).await.unwrap();
        assert_eq!(here.reader().await.unwrap(), Some(7));
        let mut seen = there.watch();
        seen.borrow_and_update();
        here.offer(message("1"));
        here.append(message("2")).await;
        there.changed(&mut seen).await;
        let page = there.read(0, Some(first)).await.unwrap();
        assert_eq!(page, Page { current: true, event: Some((1, message("1"))) });
        assert_eq!(there.read(1, None).await.unwrap().event, Some((2, message("2"))));
        assert_eq!(there.read(2, None).await.unwrap().event, None);
        let second = here.attach(8).await.unwrap();
        there.detach(first);
        assert!(!there.read(2, Some(first)).await.unwrap().current);
        assert_eq!(here.reader().await.unwrap(), Some(8));
        here.append(Event::HangUp(5)).await;
        here.append(Event::End).await;
        assert_eq!(here.read(2, Some(second)).await.unwrap().event, Some((3, Event::HangUp(5))));
        assert_eq!(here.read(3, Some(second)).await.unwrap().event, Some((4, Event::End)));
        assert_eq!(here.end().await.unwrap(), 3);
        store.remove_log("l").await.unwrap();
        assert_eq!(store.log("l", LONG).end().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_log_keeps_the_latest_events() {
    for (store, _child) in stores().await {
        let log = store.log("l", LONG);
        for number in 0..MAX_EVENTS as u64 + 2 {
            log.append(Event::HangUp(number)).await;
        }
        assert_eq!(log.read(0, None).await.unwrap().event, Some((3, Event::HangUp(2))));
    }
}

#[tokio::test]
async fn the_others_hear_a_signal_and_see_who_lives() {
    for (store, _child) in stores().await {
        let one = store.join().await.unwrap();
        let mut other = store.clone().join().await.unwrap();
        assert_ne!(one.number, other.number);
        store.signal(one.number, "a b").await.unwrap();
        assert_eq!(other.heard.recv().await.as_deref(), Some("a b"));
        let mut seen = store.watch("k");
        store.wake("k").await.unwrap();
        seen.changed().await.unwrap();
        let number = one.number;
        assert!(store.lives(number).await.unwrap());
        drop(one);
        while store.lives(number).await.unwrap() {
            tokio::task::yield_now().await;
        }
        assert!(store.lives(other.number).await.unwrap());
    }
}

#[tokio::test]
async fn an_unusable_address_is_named() {
    let wrong = Store::redis("http://127.0.0.1").await.unwrap_err();
    assert!(matches!(wrong, StoreError::Url { .. }), "{wrong}");
    let nobody = Store::redis("redis://127.0.0.1:1").await.unwrap_err();
    assert!(nobody.to_string().contains("127.0.0.1:1"), "{nobody}");
}
