//! Upkeep: the rows stay the same, whatever happens to the files.

use chrono::Duration;
use chrono::NaiveDate;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;

use super::*;
use crate::lake::upkeep::At;
use crate::lake::upkeep::Compact;
use crate::lake::upkeep::Compacted;
use crate::lake::upkeep::Due;
use crate::lake::upkeep::Expire;
use crate::lake::upkeep::Hold;
use crate::lake::upkeep::Means;
use crate::lake::upkeep::Part;
use crate::lake::upkeep::TARGET;

async fn fill(store: &Arc<dyn ObjectStore>, numbers: std::ops::Range<usize>) {
    let mut writer = writer(store).await.unwrap();
    for number in numbers {
        writer.commit(vec![delivery(number)], now()).await.unwrap();
    }
}

async fn compact(lake: &Lake, compact: &Compact) -> Vec<Compacted> {
    let mut done = Vec::new();
    lake.compact(compact, |day| done.push(day.clone())).await.unwrap();
    done
}

fn files(lake: &Lake, table: &str) -> usize {
    lake.snapshot().tables().find(|(name, _)| *name == table).unwrap().1.files
}

async fn stored(store: &Arc<dyn ObjectStore>, ending: &str) -> usize {
    let all: Vec<_> = store.list(None).try_collect().await.unwrap();
    all.iter().filter(|object| object.location.as_ref().ends_with(ending)).count()
}

fn date(day: i32) -> NaiveDate {
    NaiveDate::from_epoch_days(day).unwrap()
}

fn rule(before: i32) -> Expire {
    let before = date(before).and_time(chrono::NaiveTime::MIN).and_utc();
    Expire { before, account: None, target: TARGET, means: Means::default() }
}

fn hold(name: &str, day: i32, account: Option<&str>) -> Hold {
    Hold { name: name.into(), from: date(day), to: date(day), account: account.map(Into::into), since: now() }
}

async fn count(lake: &Lake, filter: &str) -> String {
    lake.refresh().await.unwrap();
    let text =
        ask(&session(lake, &lake.snapshot()), &format!("SELECT count(*) FROM doors WHERE {filter}")).await;
    text.lines().nth(3).unwrap().trim_matches(['|', ' ']).to_owned()
}

#[tokio::test]
async fn compacting_changes_files_and_no_row() {
    let store = memory();
    fill(&store, 0..12).await;
    let before = content(&store).await;
    let lake = open(&store).await;
    let sums = lake.content().await.unwrap();
    assert_eq!(files(&lake, "doors"), 36);
    let done = compact(&lake, &Compact::default()).await;
    assert_eq!(done.iter().map(|day| day.files_before).sum::<usize>(), 12 + 12 + 36);
    assert!(done.iter().all(|day| day.done && day.files_after == 1));
    assert_eq!([files(&lake, "doors"), files(&lake, "sources"), files(&lake, "rejects")], [3, 1, 1]);
    assert_eq!(content(&store).await, before);
    assert_eq!(open(&store).await.content().await.unwrap(), sums);
    assert_eq!(compact(&lake, &Compact::default()).await, [], "there is nothing to do again");
    let sorted = ask(
        &session(&lake, &lake.snapshot()),
        "SELECT account_id, number FROM doors WHERE event_date = '1970-01-01'",
    )
    .await;
    let accounts: Vec<_> = sorted.lines().filter(|line| line.contains("11") || line.contains("22")).collect();
    assert_eq!(accounts.len(), 24);
    assert!(
        accounts[..12].iter().all(|line| line.contains("111"))
            && accounts[12..].iter().all(|line| line.contains("222"))
    );
}

#[tokio::test]
async fn a_writer_goes_on_after_a_compaction_and_small_latecomers_wait() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    for number in 0..40 {
        writer.commit(vec![delivery(number)], now()).await.unwrap();
    }
    let lake = open(&store).await;
    compact(&lake, &Compact::default()).await;
    let committed = writer.commit(vec![delivery(3), delivery(40)], now()).await.unwrap();
    assert_eq!((committed.already_in.len(), committed.rows), (1, 4));
    let over = Compact { due: Due::Over(now()), ..Compact::default() };
    lake.refresh().await.unwrap();
    assert_eq!(files(&lake, "doors"), 6);
    assert!(lake.due(&over).await.unwrap() <= 2);
    let early = Due::Before(date(0).and_time(chrono::NaiveTime::MIN).and_utc());
    let ledger = lake.due(&Compact { due: early, ..over }).await.unwrap();
    assert_eq!(ledger, 2, "no day is that old; the two ledger tables have no days");
}

#[tokio::test]
async fn small_targets_make_several_files() {
    let store = memory();
    let events: Vec<Event> = (0..60_000).map(|number| (number, Some("111"), Some(number))).collect();
    let mut writer = writer(&store).await.unwrap();
    for part in 0..4 {
        let url = format!("memory:///bucket/{part}.json");
        writer.commit(vec![super::object(&url, &events, 0)], now()).await.unwrap();
    }
    let lake = open(&store).await;
    let sums = lake.content().await.unwrap();
    let small = Compact {
        target: 1 << 20,
        means: Means { memory: 16 << 20, ..Means::default() },
        ..Compact::default()
    };
    compact(&lake, &small).await;
    assert!((2..8).contains(&files(&lake, "doors")), "{}", files(&lake, "doors"));
    assert_eq!(lake.content().await.unwrap(), sums);
    assert_eq!(compact(&lake, &small).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ingests_and_two_compactions_at_once_lose_nothing() {
    let (store, clean) = (memory(), memory());
    fill(&clean, 0..30).await;
    fill(&store, 0..10).await;
    let (one, two) = (open(&store).await, open(&store).await);
    let writing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { fill(&store, 10..30).await })
    };
    let compacting = [one.clone(), two].map(|lake| {
        tokio::spawn(async move {
            for _ in 0..4 {
                compact(&lake, &Compact::default()).await;
            }
        })
    });
    for task in compacting {
        task.await.unwrap();
    }
    writing.await.unwrap();
    assert_eq!(content(&store).await, content(&clean).await);
    compact(&one, &Compact::default()).await;
    assert_eq!(files(&one, "doors"), 3);
    assert_eq!(content(&store).await, content(&clean).await);
}

#[tokio::test]
async fn logs_are_cleaned_up_and_the_lake_opens_as_before() {
    let store = memory();
    fill(&store, 0..230).await;
    let before = content(&store).await;
    let stale = open(&store).await;
    let kept = open(&store).await.snapshot();
    assert!(stored(&store, ".checkpoint.parquet").await >= 4, "each table has some");
    let removed = open(&store).await.clean_logs(Utc::now() + Duration::minutes(1)).await.unwrap();
    assert!(removed > 200, "{removed}");
    assert_eq!(content(&store).await, before);
    fill(&store, 230..231).await;
    assert_eq!(
        open(&store).await.snapshot().tables().map(|(_, table)| table.rows).sum::<u64>(),
        kept.tables().map(|(_, table)| table.rows).sum::<u64>() + 6
    );
    stale.refresh().await.unwrap();
    assert_eq!(stale.snapshot().tables().last().unwrap().1.rows, 231 * 4);
    let error = stale.at(&At::Version(None, 20)).await.unwrap_err();
    assert!(error.to_string().contains("cleaned up"), "{error}");
    assert_eq!(stale.at(&At::Version(None, 229)).await.unwrap().tables().last().unwrap().1.rows, 229 * 4);
}

#[tokio::test]
async fn a_reader_that_slept_while_logs_were_cleaned_up_wakes_up() {
    let store = memory();
    fill(&store, 0..20).await;
    let sleeper = open(&store).await;
    fill(&store, 20..230).await;
    open(&store).await.clean_logs(Utc::now() + Duration::minutes(1)).await.unwrap();
    let Some(long_ago) = std::time::Instant::now().checked_sub(std::time::Duration::from_secs(7200)) else {
        return;
    };
    sleeper.0.states.lock().await.iter_mut().for_each(|state| state.seen = long_ago);
    sleeper.refresh().await.unwrap();
    assert_eq!(sleeper.snapshot().tables().last().unwrap().1.rows, 230 * 4);
}

#[tokio::test]
async fn earlier_snapshots_stay_as_they_were_until_a_vacuum() {
    let store = memory();
    fill(&store, 0..6).await;
    let lake = open(&store).await;
    let sixth = lake.at(&At::Version(None, 6)).await.unwrap();
    let text = ask(&session(&lake, &sixth), "SELECT * FROM doors ORDER BY source_file, number").await;
    compact(&lake, &Compact::default()).await;
    for version in 1..=6 {
        let snapshot = lake.at(&At::Version(Some("doors".into()), version)).await.unwrap();
        let session = session(&lake, &snapshot);
        let rows = ask(&session, "SELECT count(*) FROM doors").await;
        assert!(rows.contains(&format!(" {} ", version * 4)), "{version}: {rows}");
        let listed = ask(&session, "SELECT count(*) FROM sources").await;
        assert!(listed.contains(&format!(" {version} ")), "{version}: {listed}");
    }
    let again = lake.at(&At::Version(None, 6)).await.unwrap();
    assert_eq!(ask(&session(&lake, &again), "SELECT * FROM doors ORDER BY source_file, number").await, text);
    assert!(lake.at(&At::Version(None, 99)).await.is_err());
    assert!(lake.at(&At::Time(DateTime::default())).await.unwrap_err().to_string().contains("no lake yet"));
    assert!(lake.at(&At::Time(Utc::now())).await.is_ok());

    let before = content(&store).await;
    let data = stored(&store, ".zstd.parquet").await;
    assert!(lake.garbage(Duration::days(7)).await.unwrap().garbage.is_empty());
    store.put(&"some folder/lake/doors/notes.parquet".into(), "not ours".into()).await.unwrap();
    let sweep = lake.garbage(Duration::zero()).await.unwrap();
    assert_eq!((sweep.garbage.len(), sweep.strange), (data - 5, 1));
    lake.sweep(sweep).await.unwrap();
    assert_eq!(stored(&store, ".zstd.parquet").await, 5);
    assert_eq!(content(&store).await, before);
    let error = lake.at(&At::Version(None, 3)).await.unwrap_err();
    assert!(error.to_string().contains("vacuumed"), "{error}");
    assert!(lake.at(&At::Version(None, 7)).await.is_ok() || lake.at(&At::Time(Utc::now())).await.is_ok());
    assert!(lake.garbage(Duration::zero()).await.unwrap().garbage.is_empty());
}

#[tokio::test]
async fn a_rule_removes_days_but_for_what_is_held() {
    let store = memory();
    fill(&store, 0..5).await;
    let lake = open(&store).await;
    lake.add_hold(&hold("case-7", 1, None)).await.unwrap();
    lake.add_hold(&hold("case-8", 0, Some("222"))).await.unwrap();
    assert!(lake.add_hold(&hold("case-7", 0, None)).await.is_err());
    let plan = lake.expiry(&rule(2)).await.unwrap().remove(0);
    assert_eq!((plan.days.len(), plan.partly.as_slice(), plan.held.len()), (0, [date(0)].as_slice(), 2));
    assert_eq!(count(&lake, "true").await, "20", "only looked at");
    let done = lake.expire(&rule(2)).await.unwrap().remove(0);
    assert_eq!(done.rows_of_partly, 5);
    assert_eq!(count(&lake, "account_id = '222'").await, "5");
    assert_eq!(count(&lake, "account_id = '111'").await, "5", "the other day is held as a whole");
    assert_eq!(count(&lake, "account_id IS NULL").await, "5", "what has no date stays");
    assert_eq!(lake.expire(&rule(2)).await.unwrap().remove(0).rows_of_partly, 0);
    lake.release_hold("case-7").await.unwrap();
    lake.release_hold("case-8").await.unwrap();
    assert!(lake.release_hold("case-8").await.is_err());
    let done = lake.expire(&rule(2)).await.unwrap().remove(0);
    assert_eq!((done.days.len(), done.rows), (2, 10));
    assert_eq!(count(&lake, "true").await, "5");
    let expired = lake.expired().await;
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].1.days, [(date(0), date(1))]);
    fill(&store, 0..5).await;
    assert_eq!(count(&lake, "true").await, "5", "an ingest does not bring them back");
    let before = content(&store).await;
    let sweep = lake.garbage(Duration::zero()).await.unwrap();
    lake.sweep(sweep).await.unwrap();
    assert_eq!(content(&store).await, before);
    assert_eq!(
        stored(&store, ".zstd.parquet").await,
        5 + 10,
        "five files of rows without a date, and the ledger"
    );
}

#[tokio::test]
async fn a_rule_for_an_account_leaves_the_others() {
    let store = memory();
    fill(&store, 0..5).await;
    let lake = open(&store).await;
    let expire = Expire { account: Some("111".into()), ..rule(2) };
    lake.add_hold(&hold("case-7", 1, Some("111"))).await.unwrap();
    lake.add_hold(&hold("other", 0, Some("222"))).await.unwrap();
    assert_eq!(lake.expire(&expire).await.unwrap()[0].rows_of_partly, 5);
    assert_eq!(count(&lake, "account_id = '111'").await, "5");
    assert_eq!(count(&lake, "account_id = '222'").await, "5");
    assert_eq!(lake.expired().await[0].1.account.as_deref(), Some("111"));
    assert!(lake.expiry(&expire).await.unwrap()[0].partly.is_empty());
}

#[tokio::test]
async fn copies_hold_the_same_rows() {
    let store = memory();
    fill(&store, 0..5).await;
    let lake = open(&store).await;
    lake.add_hold(&hold("case-7", 1, None)).await.unwrap();
    let copy = |part: Part| {
        let lake = lake.clone();
        async move {
            let store = memory();
            let mut told = Vec::new();
            lake.copy(&location(&store), LOGS, &part, Means::default(), |table| told.push(table.clone()))
                .await
                .unwrap();
            (store, told)
        }
    };
    let (whole, told) = copy(Part::default()).await;
    assert_eq!(told.iter().map(|table| table.content.rows).collect::<Vec<_>>(), [20, 0, 0, 0, 0, 5, 5]);
    assert_eq!(content(&whole).await, content(&store).await);
    assert_eq!(open(&whole).await.content().await.unwrap(), lake.content().await.unwrap());
    assert_eq!(open(&whole).await.holds().await.unwrap(), lake.holds().await.unwrap());
    fill(&whole, 0..6).await;
    assert_eq!(count(&open(&whole).await, "true").await, "24", "a copy is a lake like any other");
    assert!(lake.copy(&location(&whole), LOGS, &Part::default(), Means::default(), |_| {}).await.is_err());

    let (part, _) =
        copy(Part { since: Some(date(0)), until: Some(date(1)), account: Some("111".into()) }).await;
    let part = open(&part).await;
    assert_eq!(count(&part, "true").await, "5");
    assert_eq!(count(&part, "account_id = '111' AND event_date = '1970-01-01'").await, "5");
}
