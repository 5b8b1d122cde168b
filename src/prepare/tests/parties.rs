//! Viewers with accounts of their own who meet in one job.

use tokio::time::Instant;

use super::*;
use crate::config::SourcePolicy;
use crate::domain::DebridService;
use crate::prepare::crew::Crew;
use crate::prepare::pace::Need;
use crate::source::debrid::ServiceTokens;

/// One that is asked for everybody, and one for those who have an account.
struct Meeting {
    prepare: Prepare,
    chain: Chain,
    common: Arc<Scripted>,
    account: Arc<Scripted>,
    _folder: tempfile::TempDir,
}

fn meeting(common: impl IntoIterator<Item = Act>, account: impl IntoIterator<Item = Act>) -> Meeting {
    let folder = tempfile::tempdir().unwrap();
    let cache =
        Cache::open(folder.path(), CacheLimits { max_bytes: None, free_floor: 0, idle: None }).unwrap();
    let common = Scripted::new("p2p", Kind::P2p, &cache, common);
    let account = Scripted::new("debrid", Kind::Debrid, &cache, account);
    let settings = PrepareSettings {
        ready_lifetime: Duration::from_secs(60),
        ready_torrents: 10,
        progress_interval: Duration::from_millis(10),
        // Whoever waits for this has not been let through at once.
        hedge_after: Duration::from_secs(30),
        retries: 0,
    };
    let of_account = account.clone();
    let chain = Chain::new(vec![common.clone() as Arc<dyn Source>], Policy::P2pFirst, settings);
    let chain = chain.with_accounts(move |terms| match &terms.services {
        Some(_) => vec![of_account.clone() as Arc<dyn Source>],
        None => Vec::new(),
    });
    Meeting { prepare: Prepare::new(chain.clone(), settings), chain, common, account, _folder: folder }
}

fn member(policy: SourcePolicy) -> Terms {
    let tokens = ServiceTokens { service: DebridService::TorBox, tokens: vec!["token".to_owned().into()] };
    Terms { services: Some([tokens].into()), policy: Some(policy) }
}

fn asked_by(terms: Terms) -> Request {
    Request { terms, ..request() }
}

#[tokio::test]
async fn a_viewer_with_an_account_helps_another_on_a_dead_swarm() {
    let meeting = meeting([], []);
    let permits = meeting.common.gate.available_permits() as u32;
    let _closed = meeting.common.gate.acquire_many(permits).await.unwrap();
    let without = meeting.prepare.start(request());
    until("the swarm is searched", || without.attempts().len() == 1).await;
    let with = meeting.prepare.start(asked_by(member(SourcePolicy::DebridFirst)));
    assert!(Arc::ptr_eq(&with, &without), "one job per content");
    until("the account is used", || meeting.account.openings() == 1).await;
    meeting.account.deliver();
    until("both may play", || is_ready(&without)).await;
    assert_eq!(meeting.prepare.start(asked_by(member(SourcePolicy::DebridFirst))).id(), without.id());
    assert_eq!(meeting.account.openings(), 1);
}

#[tokio::test]
async fn a_failure_does_not_answer_for_whoever_has_an_account() {
    let refuse = || Act::Fail(SourceError::NotHere("no peers".to_owned()));
    let meeting = meeting([refuse(), refuse()], []);
    let without = meeting.prepare.start(request());
    timeout(PATIENCE, without.failed()).await.unwrap();
    assert!(Arc::ptr_eq(&meeting.prepare.start(request()), &without));
    let with = meeting.prepare.start(asked_by(member(SourcePolicy::P2pFirst)));
    assert!(!Arc::ptr_eq(&with, &without));
    timeout(PATIENCE, with.content()).await.unwrap().unwrap();
    assert_eq!((meeting.common.openings(), meeting.account.openings()), (2, 1));
}

#[tokio::test]
async fn an_account_is_not_used_for_others_by_a_job_of_their_own() {
    let refuse = || Act::Fail(SourceError::NotHere("not here".to_owned()));
    let meeting = meeting([refuse(), refuse()], []);
    let with = meeting.prepare.start(asked_by(member(SourcePolicy::NeverP2p)));
    timeout(PATIENCE, with.content()).await.unwrap().unwrap();
    assert_eq!((meeting.common.openings(), meeting.account.openings()), (0, 1));
    let other = meeting.prepare.start(Request { info_hash: OTHER, ..request() });
    timeout(PATIENCE, other.failed()).await.unwrap();
    assert_eq!((meeting.common.openings(), meeting.account.openings()), (1, 1));
}

/// A crew whose first viewer has no account and whose second one has, at the moment when the account's source writes.
async fn crew(meeting: &Meeting) -> (Crew, Arc<Job>) {
    let id = JobId { info_hash: HASH, file: FileIndex(0), started_at: 1 };
    let job = Job::new(id, &request(), tokio_util::sync::CancellationToken::new());
    let mut crew = Crew::new(meeting.chain.clone(), request(), job.shared.clone());
    assert!(job.join(&member(SourcePolicy::DebridFirst)));
    run(&mut crew, || meeting.account.writers.lock().unwrap().upgrade().is_some()).await;
    (crew, job)
}

/// Lets the crew work until something is so.
async fn run(crew: &mut Crew, is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        crew.look(Need::Waiting(Duration::ZERO));
        let _ = timeout(Duration::from_millis(50), crew.next()).await;
    }
    panic!("it never came to pass");
}

#[tokio::test]
async fn an_account_stops_when_its_owner_has_left_and_others_stay() {
    let meeting = meeting([Act::Fail(SourceError::NotHere("no peers".to_owned()))], []);
    let (mut crew, job) = crew(&meeting).await;
    let is_at_work = || meeting.account.writers.lock().unwrap().upgrade().is_some();
    let later = Instant::now() + Duration::from_secs(600);
    // Nobody is there: the job lingers as it is.
    crew.muster(later);
    assert!(is_at_work());
    let watching = job.clone().view(&Terms::default());
    crew.muster(later);
    assert!(!is_at_work());
    let ended = |attempt: &Attempt| attempt.outcome.contains("has left") && !attempt.running;
    assert!(job.attempts().iter().any(ended), "{:?}", job.attempts());
    // Whoever stays tries again what he has of his own.
    assert!(!crew.is_over());
    assert_eq!(meeting.account.openings(), 1);
    let back = job.clone().view(&member(SourcePolicy::DebridFirst));
    run(&mut crew, is_at_work).await;
    assert_eq!(meeting.account.openings(), 2);
    drop((watching, back));
}
