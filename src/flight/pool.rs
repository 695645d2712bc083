//! The memory of one query: at most so much, and taken out of that of the server.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use datafusion::error::DataFusionError;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;

/// The same task with no more than `most` bytes for its query; it spills what is more, where it can.
///
/// # Errors
/// The engine cannot be set up.
pub(super) fn limited(task: Arc<TaskContext>, most: usize) -> Result<Arc<TaskContext>> {
    let runtime = task.runtime_env();
    let pool = Capped { most, used: AtomicUsize::new(0), server: Arc::clone(&runtime.memory_pool) };
    let runtime =
        RuntimeEnvBuilder::from_runtime_env(&runtime).with_memory_pool(Arc::new(pool)).build_arc()?;
    let task = Arc::into_inner(task)
        .ok_or_else(|| DataFusionError::Internal("the task of a query is shared".to_owned()))?;
    Ok(Arc::new(task.with_runtime(runtime)))
}

struct Capped {
    most: usize,
    used: AtomicUsize,
    server: Arc<dyn MemoryPool>,
}

impl fmt::Debug for Capped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Capped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} bytes", self.used.load(Ordering::Relaxed), self.most)
    }
}

impl MemoryPool for Capped {
    fn name(&self) -> &'static str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.server.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.server.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.used.fetch_add(additional, Ordering::Relaxed);
        self.server.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.used.fetch_sub(shrink, Ordering::Relaxed);
        self.server.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let fits = |used: usize| used.checked_add(additional).filter(|wanted| *wanted <= self.most);
        let grown = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        if let Err(used) = grown {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "the query holds {used} bytes and wants {additional} more; a query may have {}",
                self.most
            )));
        }
        self.server.try_grow(reservation, additional).inspect_err(|_| {
            self.used.fetch_sub(additional, Ordering::Relaxed);
        })
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.most)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::UnboundedMemoryPool;

    use super::*;

    #[test]
    fn a_query_stays_within_its_share_and_gives_everything_back() {
        let server: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let pool: Arc<dyn MemoryPool> =
            Arc::new(Capped { most: 100, used: AtomicUsize::new(0), server: Arc::clone(&server) });
        let reservation = MemoryConsumer::new("sort").register(&pool);
        reservation.try_grow(60).unwrap();
        let error = reservation.try_grow(50).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)));
        assert!(
            error.to_string().contains("holds 60 bytes and wants 50 more; a query may have 100"),
            "{error}"
        );
        reservation.try_grow(40).unwrap();
        assert_eq!((pool.reserved(), server.reserved()), (100, 100));
        drop(reservation);
        assert_eq!((pool.reserved(), server.reserved()), (0, 0));
    }
}
