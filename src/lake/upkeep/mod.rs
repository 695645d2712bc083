//! Keeps a lake fast and no larger than it has to be, while others read and write it.
//!
//! ```text
//! compact.rs     the small files of a day -> sorted ones of a good size, in one commit
//! expire.rs      days that are older than a rule allows are removed, but for what a hold keeps
//! holds.rs       the holds and the record of what expired, both kept in the properties of the tables
//! vacuum.rs      files that no snapshot needs any more are deleted
//! checkpoint.rs  checkpoints, and the removal of the log before them
//! history.rs     an earlier snapshot of all tables
//! copy.rs        the lake, or a part of it, at another place
//! content.rs     a hash of all rows, whatever files they are in
//! read.rs        rows of files as they are stored
//! rewrite.rs     files -> sorted files
//! ```
//!
//! All of it goes on beside ingests and queries: new files are written first, and then one commit names them and
//! what they stand for. If another commit came first, it is looked at: an append changes nothing, and where another
//! process removed one of our inputs, our files are dropped. Killed anywhere, files are left that no commit names.

mod checkpoint;
mod compact;
mod content;
mod copy;
mod expire;
mod history;
mod holds;
mod read;
mod rewrite;
mod vacuum;

pub(super) use checkpoint::Checkpoints;
pub use compact::Compact;
pub use compact::Compacted;
pub use compact::Due;
pub use compact::TARGET;
pub use content::Content;
pub use copy::Copied;
pub use copy::Part;
pub use expire::Expire;
pub use expire::Expiry;
pub use history::At;
pub use holds::Expired;
pub use holds::Hold;
pub use rewrite::Means;
pub use vacuum::Garbage;
pub use vacuum::Sweep;
