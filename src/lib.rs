//! trailql turns AWS CloudTrail logs into a lake of Parquet files and answers an investigator's questions in SQL.
//!
//! # The picture
//!
//! ```text
//!            write side                                read side
//!
//!  s3://, folder, file, pattern, stdin       SELECT ... FROM cloudtrail
//!        |                                            |
//!     storage   URL -> object store                session   tables + functions + views, read only
//!        |                                            |
//!     ingest    list, fetch, batch                 reports   saved questions of `sql/`, each a view
//!        |                                            |
//!      logs     bytes -> rows and rejects             |
//!        |                                            |
//!        +-------------->   lake   <------------------+
//!               Delta tables of Parquet files:        |
//!               one a log, sources, rejects        output    a stream of rows -> table, csv, json ...
//!                                                     |
//!                                               cli, repl   the doors: commands, and a shell to stay in
//! ```
//!
//! # The way of one record
//!
//! 1. `ingest/listing.rs` finds the object it lies in, or a message of a queue names it ([`ingest::follow`]), and the
//!    ledger of the lake says that the object is new.
//! 2. [`logs::read`] inflates the object by what its bytes are; `logs/cloudtrail/objects.rs` finds the record in
//!    its container, `record.rs` notes in one pass where each field stands and what no column can hold
//!    (`unmapped`), `rows.rs` appends it to Arrow builders together with what `derive.rs` and `resources.rs` say
//!    of it. If it cannot be read it becomes a [`logs::Reject`] with its place and reason.
//! 3. [`ingest`] gathers the rows of many objects into a batch; [`lake::Writer`] sorts them by day, account and
//!    time, writes one Parquet file a day, and makes them visible in one commit that also names the ledger.
//! 4. [`session::Session`] plans a query over one [`lake::Snapshot`]; days, files, row groups and pages that
//!    cannot match are never read. The view `cloudtrail_json` makes the record's JSON again.
//!    A report is a query with a header; [`reports`] makes a view of each, planned when a query names it.
//!    [`verify`] checks what was ingested against CloudTrail's digests, [`evidence`] packs answers with their proof.
//! 5. [`output`] writes the rows as they stream by; [`flight`] sends them to BI tools, over Arrow Flight SQL.
//! 6. [`lake::upkeep`] sorts the small files of a day into large ones, removes what a rule says, and deletes files that
//!    no snapshot needs, each with one commit like any other.
//!
//! [`setup`] prepares and audits an AWS account for all this: facts -> a plan that is data -> shown, written or done.
//!
//! Every log goes this way: [`logs::Log`] says what it must tell of itself, and [`logs::LOGS`] is the one list.
//!
//! # Reading order
//!
//! The modules below stand in the order of their dependencies; each uses only those above it. A test holds the
//! table of allowed uses (`tests/it/tidy.rs`).
//!
//! # Invariants
//!
//! - `logs` does no I/O and never panics. Every input byte ends in a row, in a reject, or in an object that is
//!   ignored as a whole with its reason; for each object `records` = rows + `rejected`.
//! - Running an ingest twice, killing it anywhere, or running two at once changes nothing but time.
//! - Nothing ever writes to a source.
//! - Only `storage` knows the file system, S3 and credentials, only `lake` knows paths within a lake, and only
//!   `output`, `repl` and `cli` print. The files a server is guarded with (users, certificates, the audit log) are known
//!   to [`flight::guard`] alone.
//! - Query results are streams; nothing buffers a whole one, a table on a terminal keeps its head and tail.
//! - No user text is formatted into SQL.
//! - Memory is bounded by `--memory`, whatever the size of the input; one object larger than its share is read
//!   alone.

pub mod dialect;
pub mod error;
pub mod time;

pub mod storage;

pub mod logs;

pub mod functions;
pub mod lake;

pub mod ingest;
pub mod reports;
pub mod session;

pub mod output;

pub mod incident;

pub mod evidence;
pub mod flight;
pub mod repl;
pub mod setup;
pub mod verify;

pub mod cli;

pub use error::Error;
pub use error::Result;
