//! An SQS queue that tells of new objects: of S3 directly, through SNS, or of EventBridge.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use aws_sdk_sqs::types::QueueAttributeName;
use futures::StreamExt;
use futures::stream;
use object_store::ObjectStoreExt;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Error;
use crate::error::Result;
use crate::ingest::Found;
use crate::ingest::Pump;
use crate::ingest::Source;
use crate::ingest::Summary;
use crate::ingest::follow::notice;
use crate::ingest::follow::notice::Named;
use crate::ingest::plan::Job;
use crate::ingest::scope::Window;
use crate::storage;
use crate::storage::Location;

/// A queue keeps a message no longer than this.
pub(super) const KEPT: chrono::Duration = chrono::Duration::days(14);
/// A message that is met waits so long for others, so that one commit holds many.
const GATHER: Duration = Duration::from_secs(15);
/// So many messages are handled at once.
const MOST_MESSAGES: usize = 500;
/// A message is hidden at least so long while work on it lasts.
const SHORTEST: Duration = Duration::from_secs(3);
/// SQS answers at once when there is something, and after so many seconds when there is nothing.
const POLL_SECONDS: i32 = 20;
/// What SQS takes in one request.
const REQUEST: usize = 10;
/// So much of a message that cannot be read is noted.
const EXCERPT: usize = 200;

/// A queue, open for reading.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
    /// How long a message that was received is hidden from others, at first and when that is renewed.
    hidden: Duration,
    renewed: Duration,
}

/// Messages that are handled together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    messages: Vec<Message>,
}

#[derive(Clone, Debug)]
struct Message {
    id: String,
    receipt: String,
    /// The objects it names, or why it cannot be read.
    content: Result<Vec<Named>, String>,
}

impl Queue {
    /// Opens a queue, in another region than that of the settings if one is given, and learns how long it hides a
    /// message.
    ///
    /// # Errors
    /// The queue is not there, or may not be read.
    pub async fn open(url: &str, region: Option<&str>) -> Result<Self> {
        let settings = storage::aws_settings().await;
        let client = match region {
            None => Client::new(&settings),
            Some(region) => {
                let config = aws_sdk_sqs::config::Builder::from(&settings);
                let region = aws_sdk_sqs::config::Region::new(region.to_owned());
                Client::from_conf(config.region(region).build())
            }
        };
        let attributes = client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::VisibilityTimeout)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .send()
            .await
            .map_err(|error| refused(url, "cannot be opened", &DisplayErrorContext(error)))?;
        let attribute = |name| attributes.attributes().and_then(|all| all.get(&name));
        let hidden = attribute(QueueAttributeName::VisibilityTimeout).and_then(|text| text.parse().ok());
        if attribute(QueueAttributeName::RedrivePolicy).is_none() {
            tracing::warn!(
                queue = url,
                "The queue has no redrive policy, so a message that cannot be read comes again until it expires."
            );
        }
        let hidden = Duration::from_secs(hidden.unwrap_or(30));
        let renewed = hidden.max(SHORTEST);
        Ok(Self { client, url: url.to_owned(), hidden, renewed })
    }

    /// Its URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for messages and gathers those that come shortly after each other; `None` if it is stopped, or nothing
    /// came for a while.
    pub(super) async fn receive(&self, mut stop: watch::Receiver<bool>) -> Result<Option<Batch>> {
        let mut batch = Batch::default();
        let gather = GATHER.min(self.hidden / 3);
        let mut until: Option<Instant> = None;
        while batch.messages.len() < MOST_MESSAGES && until.is_none_or(|until| Instant::now() < until) {
            let request = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(REQUEST as i32)
                .wait_time_seconds(if until.is_none() { POLL_SECONDS } else { 1 });
            let answer = tokio::select! {
                answer = request.send() => answer,
                _ = stop.wait_for(|stop| *stop) => return Ok(None),
            };
            let answer =
                answer.map_err(|error| refused(&self.url, "cannot be read", &DisplayErrorContext(error)))?;
            let received = answer.messages.unwrap_or_default();
            if received.is_empty() {
                break;
            }
            until = until.or_else(|| Some(Instant::now() + gather));
            for message in received.into_iter().filter_map(|message| {
                let text = message.body.unwrap_or_default();
                let content = notice::read(&text).map_err(|reason| {
                    let excerpt: String = text.chars().take(EXCERPT).collect();
                    format!("a message that cannot be read: {reason}: {excerpt}")
                });
                Some(Message { id: message.message_id?, receipt: message.receipt_handle?, content })
            }) {
                // One that was hidden for too short a time comes again, and its newest receipt counts.
                batch.messages.retain(|known| known.id != message.id);
                batch.messages.push(message);
            }
        }
        Ok((!batch.messages.is_empty()).then_some(batch))
    }

    /// Brings what the messages name into the lake, and then deletes those of which nothing failed.
    pub(super) async fn bring(&self, pump: &mut Pump, batch: Batch) -> Result<Summary> {
        let receipts: Vec<_> =
            batch.messages.iter().map(|message| (message.id.clone(), message.receipt.clone())).collect();
        let keeper = tokio::spawn(self.clone().keep_hidden(receipts));
        let brought = self.bring_hidden(pump, batch).await;
        keeper.abort();
        brought
    }

    async fn bring_hidden(&self, pump: &mut Pump, batch: Batch) -> Result<Summary> {
        let mut found = Vec::new();
        let mut urls: Vec<(Message, Vec<Version>)> = Vec::new();
        let buckets = open_buckets(&batch).await?;
        for message in batch.messages {
            let mut named = Vec::new();
            match &message.content {
                Err(reason) => {
                    let url = format!("{}#{}", self.url, message.id);
                    found.push(Found::broken(&url, reason));
                    named.push((url, None));
                }
                Ok(objects) => {
                    for object in objects {
                        if let Some(bucket) = buckets.get(&object.bucket) {
                            let object = find(bucket, object);
                            named.push((object.url.clone(), object.etag.clone()));
                            found.push(object);
                        }
                    }
                }
            }
            urls.push((message, named));
        }
        let found = look_up(found).await;
        let source = Source::given(&self.url, found);
        let window = Window { scope: pump.options.scope.clone(), from: None };
        let summary = pump.bring(vec![Job { source, window }]).await?;
        let failed: BTreeSet<&str> = summary.failures.iter().map(|(url, _)| url.as_str()).collect();
        let all_named = summary.failed == failed.len() as u64;
        let stopped = *pump.stop.borrow();
        let done = |(url, etag): &Version| match stopped {
            false => all_named && !failed.contains(url.as_str()),
            // Some objects may not have been begun.
            true => match etag {
                Some(etag) => pump.known.contains(url, Some(etag)),
                None => pump.known.contains_url(url),
            },
        };
        let done = urls.iter().filter(|(_, versions)| versions.iter().all(done));
        self.delete(done.map(|(message, _)| message)).await;
        Ok(summary)
    }

    /// Hides the messages from others as long as work lasts.
    async fn keep_hidden(self, receipts: Vec<(String, String)>) {
        let seconds = i32::try_from(self.renewed.as_secs()).unwrap_or(30);
        loop {
            for chunk in receipts.chunks(REQUEST) {
                let entries = chunk.iter().filter_map(|(id, receipt)| {
                    let entry = ChangeMessageVisibilityBatchRequestEntry::builder();
                    entry.id(id).receipt_handle(receipt).visibility_timeout(seconds).build().ok()
                });
                let request = self.client.change_message_visibility_batch().queue_url(&self.url);
                if let Err(error) = request.set_entries(Some(entries.collect())).send().await {
                    // Then the messages come again, and what they name is known.
                    tracing::warn!(error = %DisplayErrorContext(error), "Messages could not be kept hidden.");
                }
            }
            tokio::time::sleep(self.renewed / 3).await;
        }
    }

    async fn delete(&self, messages: impl Iterator<Item = &Message>) {
        let messages: Vec<&Message> = messages.collect();
        for chunk in messages.chunks(REQUEST) {
            let entries = chunk.iter().filter_map(|message| {
                let entry = DeleteMessageBatchRequestEntry::builder();
                entry.id(&message.id).receipt_handle(&message.receipt).build().ok()
            });
            let request = self.client.delete_message_batch().queue_url(&self.url);
            if let Err(error) = request.set_entries(Some(entries.collect())).send().await {
                // Then the messages come again, and what they name is known.
                tracing::warn!(error = %DisplayErrorContext(error), "Messages could not be deleted.");
            }
        }
    }
}

/// The URL and version of an object as a message names it.
type Version = (String, Option<String>);

async fn open_buckets(batch: &Batch) -> Result<BTreeMap<String, Location>> {
    let named = batch.messages.iter().filter_map(|message| message.content.as_ref().ok()).flatten();
    let names: BTreeSet<&str> = named.map(|named| named.bucket.as_str()).collect();
    let mut buckets = BTreeMap::new();
    for name in names {
        buckets.insert(name.to_owned(), storage::open(&format!("s3://{name}")).await?);
    }
    Ok(buckets)
}

fn find(bucket: &Location, named: &Named) -> Found {
    let url = format!("s3://{}/{}", named.bucket, named.key);
    match bucket.path_of(&url) {
        Some(path) => {
            let found = Found::named(bucket, path, named.etag.clone());
            Found { size: named.size.unwrap_or_default(), ..found }
        }
        None => Found::broken(&url, "no object of a bucket can have this key"),
    }
}

/// Asks for the versions that messages did not tell, so that what is known is not fetched again.
async fn look_up(found: Vec<Found>) -> Vec<Found> {
    let ask = |found: Found| async move {
        let (None, Some((store, path))) = (&found.etag, found.stored_at()) else { return found };
        match store.head(path).await {
            Ok(meta) => found.with(meta),
            // Fetching it will say why.
            Err(_) => found,
        }
    };
    stream::iter(found).map(ask).buffered(32).collect().await
}

fn refused(url: &str, what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::storage(format!("the queue {url} {what}: {error}")).hinted(
        "it needs sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage; \
         is the URL that of the queue, and AWS_REGION its region?",
    )
}
