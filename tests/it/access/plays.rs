//! Plays by the rules and with the accounts of profiles.

use headwater::config::SourcePolicy;
use reqwest::{Method, StatusCode};

use super::stage::{ANN, BEN, KEY, Stage, profile, with_access};
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Condition, Fake, Fault};
use crate::support::http::escape;
use crate::support::media;

const NEVER: Option<SourcePolicy> = Some(SourcePolicy::NeverP2p);

#[tokio::test(flavor = "multi_thread")]
async fn each_install_plays_with_its_own_account_and_bytes_are_for_everybody() {
    let (stage, [ann, ben]) = Stage::new(async |access| {
        let ann = access.create(profile(ANN, &[REAL_DEBRID], NEVER)).await.unwrap();
        // A whole profile in the address.
        let ben = access.seal_into_id(&profile(BEN, &[TORBOX, REAL_DEBRID], NEVER)).unwrap();
        [ann, ben]
    })
    .await;
    let [first, second] = ["first film.mkv", "second film.mkv"].map(|name| stage.film(name));
    let answer = stage.server.get(&stage.play(Some(&ann), &first)).await;
    assert_eq!(answer.status, 200, "{}\n{}", answer.text(), stage.server.transcript());
    media::assert_same_bytes(&answer.body, &first.files[0], "Ann");
    assert_eq!((stage.shown(0), stage.shown(1)), (vec![ANN.to_owned()], vec![]));
    let answer = stage.server.get(&stage.play(Some(&ben), &second)).await;
    assert_eq!(answer.status, 200, "{}\n{}", answer.text(), stage.server.transcript());
    media::assert_same_bytes(&answer.body, &second.files[0], "Ben");
    assert_eq!((stage.shown(0), stage.shown(1)), (vec![ANN.to_owned()], vec![BEN.to_owned()]));
    // What is here already takes nobody's account.
    let calls = stage.services[0].journal().len();
    let answer = stage.server.get(&stage.play(Some(&ben), &first)).await;
    media::assert_same_bytes(&answer.body, &first.files[0], "Ben, after Ann");
    assert_eq!(stage.services[0].journal().len(), calls);
    let sent = stage.cdn.requests().iter().map(|request| request.bytes_sent).sum::<u64>();
    assert!(sent < 3 * 300_000, "both films came once: {sent}");
    for service in &stage.services {
        assert!(service.unexpected().is_empty(), "{:#?}", service.unexpected());
        assert_eq!(service.limit_violations(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_account_waits_for_peers_and_is_helped_by_who_has_one() {
    let (stage, ann) = Stage::new(async |access| {
        access.create(profile(ANN, &[REAL_DEBRID], Some(SourcePolicy::DebridFirst))).await.unwrap()
    })
    .await;
    let film = stage.film("lonely film.mkv");
    // A tracker that nobody answers at.
    let tracker = escape("http://127.0.0.1:9/announce");
    let without = format!("/stream/proxy/{}?fileIndex=0&tr={tracker}", film.info_hash);
    let waiting = stage.server.get(&without);
    let helping = async {
        stage.until(|| stage.server.transcript().contains("source=\"p2p\"")).await;
        stage.server.get(&stage.play(Some(&ann), &film)).await
    };
    let (helped, own) = futures::future::join(waiting, helping).await;
    for (answer, who) in [(own, "Ann"), (helped, "without an account")] {
        assert_eq!(answer.status, 200, "{who}: {}\n{}", answer.text(), stage.server.transcript());
        media::assert_same_bytes(&answer.body, &film.files[0], who);
    }
    assert_eq!(stage.shown(0), [ANN]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_that_is_not_known_or_not_readable_is_told_so() {
    let (stage, [ann, other]) = Stage::new(async |access| {
        let ann = access.create(profile(ANN, &[REAL_DEBRID], NEVER)).await.unwrap();
        let gone = access.create(profile(BEN, &[REAL_DEBRID], NEVER)).await.unwrap();
        access.delete(&gone).await.unwrap();
        [ann, gone]
    })
    .await;
    let film = stage.film("film.mkv");
    for unknown in [other.as_str(), "nobody", "~AAAA", "realdebrid=hush"] {
        let answer = stage.server.get(&stage.play(Some(unknown), &film)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
        assert!(answer.json()["message"].as_str().unwrap().contains("configure"), "{}", answer.text());
    }
    // A link opens one film, whoever plays it.
    let forged = stage.play(Some(&ann), &film).replacen("/play/", "/play/x", 1);
    assert_eq!(stage.server.get(&forged).await.status, StatusCode::FORBIDDEN);
    let elsewhere = tempfile::tempdir().unwrap();
    let sealed = with_access(elsewhere.path(), "another key", async |access| {
        access.seal_into_id(&profile(ANN, &[REAL_DEBRID], NEVER)).unwrap()
    })
    .await;
    let answer = stage.server.get(&stage.play(Some(&sealed), &film)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    assert!(answer.text().contains("SOURCE_SECURITY_KEY"), "{}", answer.text());
    assert!(stage.services[0].journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_profile_is_in_any_log_answer_or_file() {
    let (mut stage, [ann, ben]) = Stage::new(async |access| {
        let ann = access.create(profile(ANN, &[REAL_DEBRID, TORBOX], NEVER)).await.unwrap();
        let ben = access.seal_into_id(&profile(BEN, &[TORBOX], NEVER)).unwrap();
        [ann, ben]
    })
    .await;
    let mut texts = Vec::new();
    for (install, token, name) in [(&ann, ANN, "first film.mkv"), (&ben, BEN, "second film.mkv")] {
        stage.services.iter().for_each(Fake::clear_faults);
        let film = stage.film(name);
        let path = stage.play(Some(install), &film);
        for method in [Method::HEAD, Method::GET, Method::OPTIONS] {
            let answer = stage.server.send(method, &path, &[], Vec::new()).await;
            texts.push(format!("{} {:?} {}", answer.status, answer.headers, answer.text()));
        }
        // The services refuse the token from now on, and repeat it at first.
        let missing = stage.film(&format!("missing {name}"));
        stage.services.iter().for_each(|service| {
            service.set_condition(token, Condition::BadToken);
            for status in [401, 400, 500] {
                let body = format!(r#"{{"error":"no {ANN} {BEN}","error_code":8,"detail":"{ANN} {BEN}"}}"#);
                service.fault(Fault::Status { prefix: "", status, body, times: 1 });
            }
        });
        let answer = stage.server.get(&stage.play(Some(install), &missing)).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        texts.push(format!("{:?} {}", answer.headers, answer.text()));
    }
    for path in ["/api/admin/status", "/api/admin/jobs", &format!("/{ann}/manifest.json"), "/manifest.json"] {
        texts.push(stage.server.get(path).await.text());
    }
    assert_eq!(stage.shown(1), [ANN, BEN], "both were used");
    stage.server.terminate();
    stage.server.stopped();
    texts.push(stage.server.transcript());
    texts.extend(files(stage.server.setup().home()));
    let all = texts.join("\n");
    assert!(all.contains("TRACE") && all.contains("realdebrid") && all.contains("SQLite format 3"));
    for secret in [ANN, BEN, KEY] {
        let line = all.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert!(!all.contains(secret), "{secret}: {}", line.chars().take(500).collect::<String>());
    }
    // An id is as good as a password, but for answers with links in them.
    let written = texts.into_iter().filter(|text| !text.contains("\"resources\"")).collect::<String>();
    for (name, id) in [("Ann", &ann), ("Ben", &ben)] {
        let line = written.lines().find(|line| line.contains(id.as_str())).unwrap_or_default();
        assert!(!written.contains(id.as_str()), "{name}: {}", line.chars().take(500).collect::<String>());
    }
}

/// Every file below a folder as text.
fn files(folder: &std::path::Path) -> Vec<String> {
    let (mut folders, mut texts) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    texts
}
