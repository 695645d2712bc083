//! A table of a snapshot as a source for queries: plans from what the snapshot knows, scans plain Parquet.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::BooleanArray;
use arrow::array::Date32Array;
use arrow::array::RecordBatch;
use arrow::array::UInt64Array;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::FieldRef;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::Session;
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::ColumnStatistics;
use datafusion::common::DFSchema;
use datafusion::common::ScalarValue;
use datafusion::common::Statistics;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNode;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileGroup;
use datafusion::datasource::physical_plan::FileScanConfigBuilder;
use datafusion::datasource::physical_plan::ParquetSource;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::TableProviderFilterPushDown;
use datafusion::logical_expr::TableType;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectMeta;

use crate::lake::bounds::Bounds;
use crate::lake::bounds::read_type;
use crate::lake::delta::DataFile;
use crate::lake::layout::EVENT_DATE;
use crate::lake::layout::Shape;

/// Bytes of the end of a file that are fetched first: they hold the footer and the page index of most files.
const FOOTER_BYTES: usize = 128 << 10;

/// One version of one table.
#[derive(Debug)]
pub(super) struct LakeTable {
    shape: Shape,
    schema: TableSchema,
    /// Newest day first, because investigators ask for the latest events more than for any others.
    files: Vec<Arc<DataFile>>,
    store_url: ObjectStoreUrl,
}

impl LakeTable {
    pub(super) fn new(shape: Shape, mut files: Vec<Arc<DataFile>>, store_url: ObjectStoreUrl) -> Self {
        files.sort_by(|left, right| right.day.cmp(&left.day).then_with(|| left.path.cmp(&right.path)));
        let comments = shape.file_schema();
        let fields = shape
            .file_columns()
            .iter()
            .zip(comments.fields())
            .map(|(column, field)| field.as_ref().clone().with_data_type(read_type(column.kind)));
        let partition = shape.columns.last().filter(|_| shape.partitioned).map(|column| {
            let comment = [("comment".to_owned(), column.comment.to_owned())];
            let field = Field::new(column.name, DataType::Date32, true).with_metadata(comment.into());
            FieldRef::new(field)
        });
        let file_schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let schema = TableSchema::builder(file_schema)
            .with_table_partition_cols(partition.into_iter().collect::<Vec<_>>())
            .build();
        Self { shape, schema, files, store_url }
    }

    /// The files that may hold rows for which all the filters are true.
    fn prune(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<Arc<DataFile>>> {
        let (by_day, others): (Vec<&Expr>, Vec<&Expr>) =
            filters.iter().partition(|filter| self.is_exact(filter));
        let files = self.of_days(state, by_day)?;
        let Some(filter) = conjunction(others.into_iter().cloned()) else { return Ok(files) };
        let schema = self.schema.table_schema();
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(schema))?)?;
        // Not every filter can be told from bounds, and then every file stays.
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).build(filter);
        let Some(predicate) = predicate else { return Ok(files) };
        let keep = predicate.prune(&Known { files: &files, schema: &self.schema })?;
        Ok(files.into_iter().zip(keep).filter_map(|(file, keep)| keep.then_some(file)).collect())
    }

    /// The files of the days for which the filters are true, evaluated exactly.
    fn of_days(&self, state: &dyn Session, filters: Vec<&Expr>) -> Result<Vec<Arc<DataFile>>> {
        let Some(filter) = conjunction(filters.into_iter().cloned()) else { return Ok(self.files.clone()) };
        let schema = Arc::new(Schema::new(self.schema.table_partition_cols().clone()));
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
        let days: ArrayRef = Arc::new(self.files.iter().map(|file| file.day).collect::<Date32Array>());
        let batch = RecordBatch::try_new(schema, vec![days])?;
        let keep = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
        let keep = cast(&keep, &DataType::Boolean)?;
        let keep = keep.as_boolean().iter();
        let kept = self.files.iter().zip(keep).filter(|(_, keep)| *keep == Some(true));
        Ok(kept.map(|(file, _)| Arc::clone(file)).collect())
    }

    /// Tells whether a filter is decided by the day alone.
    fn is_exact(&self, filter: &Expr) -> bool {
        let columns = filter.column_refs();
        self.shape.partitioned
            && !columns.is_empty()
            && columns.iter().all(|column| column.name == EVENT_DATE)
            && !filter.is_volatile()
            && !holds_subquery(filter)
    }

    fn scanned(&self, file: &DataFile) -> PartitionedFile {
        let mut scanned = PartitionedFile::new_from_meta(ObjectMeta {
            location: file.path.clone(),
            last_modified: DateTime::from_timestamp_millis(file.modified).unwrap_or_default(),
            size: file.size,
            e_tag: None,
            version: None,
        });
        if self.shape.partitioned {
            scanned.partition_values = vec![ScalarValue::Date32(file.day)];
        }
        // Set as a whole: the library's own way assumes that a partition value is never null.
        scanned.statistics = Some(Arc::new(self.statistics(file)));
        scanned
    }

    fn statistics(&self, file: &DataFile) -> Statistics {
        let rows = file.bounds.rows.and_then(|rows| usize::try_from(rows).ok());
        let mut columns = vec![ColumnStatistics::new_unknown(); self.schema.table_schema().fields().len()];
        for bounds in &file.bounds.columns {
            let Some(column) = columns.get_mut(bounds.column) else { continue };
            let limit = |value: &Option<ScalarValue>| match value {
                Some(value) if bounds.exact => Precision::Exact(value.clone()),
                Some(value) => Precision::Inexact(value.clone()),
                None => Precision::Absent,
            };
            column.min_value = limit(&bounds.min);
            column.max_value = limit(&bounds.max);
            if let Some(nulls) = bounds.nulls.and_then(|nulls| usize::try_from(nulls).ok()) {
                column.null_count = Precision::Exact(nulls);
            }
        }
        if let Some(column) = columns.last_mut().filter(|_| self.shape.partitioned) {
            match (file.day, rows) {
                (None, Some(rows)) => column.null_count = Precision::Exact(rows),
                (None, None) => {}
                (Some(day), _) => {
                    column.null_count = Precision::Exact(0);
                    column.min_value = Precision::Exact(ScalarValue::Date32(Some(day)));
                    column.max_value = column.min_value.clone();
                }
            }
        }
        Statistics {
            num_rows: rows.map_or(Precision::Absent, Precision::Exact),
            total_byte_size: Precision::Absent,
            column_statistics: columns,
        }
    }

    fn source(&self, state: &dyn Session) -> Result<ParquetSource> {
        let mut options = state.default_table_options().parquet;
        options.global.pushdown_filters = true;
        options.global.reorder_filters = true;
        options.global.enable_page_index = true;
        options.global.bloom_filter_on_read = true;
        options.global.schema_force_view_types = true;
        let runtime = state.runtime_env();
        let store = runtime.object_store(&self.store_url)?;
        // Footers are read once in the life of a session's runtime, not once a query.
        let cache = runtime.cache_manager.get_file_metadata_cache();
        let reader = CachedParquetFileReaderFactory::new(store, cache);
        Ok(ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(options)
            .with_metadata_size_hint(FOOTER_BYTES)
            .with_parquet_file_reader_factory(Arc::new(reader)))
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let exact = |filter: &&Expr| match self.is_exact(filter) {
            true => TableProviderFilterPushDown::Exact,
            // The filter stays in the plan, from where it reaches the scan as a physical one.
            false => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(exact).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.prune(state, filters)?;
        if files.is_empty() {
            let schema = self.schema();
            let projected = match projection {
                Some(columns) => Arc::new(schema.project(columns)?),
                None => schema,
            };
            return Ok(Arc::new(EmptyExec::new(projected)));
        }
        let scanned: Vec<PartitionedFile> = files.iter().map(|file| self.scanned(file)).collect();
        let statistics = scanned.iter().filter_map(|file| file.statistics.as_deref());
        let statistics = Statistics::try_merge_iter(statistics, self.schema.table_schema())?;
        let groups = FileGroup::new(scanned).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(self.store_url.clone(), Arc::new(self.source(state)?))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn statistics(&self) -> Option<Statistics> {
        let rows = self.files.iter().map(|file| file.bounds.rows).sum::<Option<u64>>();
        let rows = rows.and_then(|rows| usize::try_from(rows).ok());
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = rows.map_or(Precision::Absent, Precision::Exact);
        Some(statistics)
    }
}

fn holds_subquery(filter: &Expr) -> bool {
    filter
        .exists(|node| {
            Ok(matches!(
                node,
                Expr::Exists(_)
                    | Expr::InSubquery(_)
                    | Expr::ScalarSubquery(_)
                    | Expr::OuterReferenceColumn(..)
            ))
        })
        .unwrap_or(true)
}

/// What the snapshot knows of the files, in the form that pruning asks for.
struct Known<'a> {
    files: &'a [Arc<DataFile>],
    schema: &'a TableSchema,
}

impl Known<'_> {
    fn limits(&self, column: &Column, of: impl Fn(&Bounds) -> Option<ScalarValue>) -> Option<ArrayRef> {
        let (index, field) = self.schema.table_schema().column_with_name(&column.name)?;
        if index >= self.schema.file_schema().fields().len() {
            return Some(Arc::new(self.files.iter().map(|file| file.day).collect::<Date32Array>()));
        }
        let unknown = ScalarValue::try_from(field.data_type()).ok()?;
        let values = self.files.iter().map(|file| file.bounds.of(index).and_then(&of));
        ScalarValue::iter_to_array(values.map(|value| value.unwrap_or_else(|| unknown.clone()))).ok()
    }
}

impl PruningStatistics for Known<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.limits(column, |bounds| bounds.min.clone())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.limits(column, |bounds| bounds.max.clone())
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let (index, _) = self.schema.table_schema().column_with_name(&column.name)?;
        let partition = index >= self.schema.file_schema().fields().len();
        let counts = self.files.iter().map(|file| match (partition, file.day) {
            (true, Some(_)) => Some(0),
            (true, None) => file.bounds.rows,
            (false, _) => file.bounds.of(index).and_then(|bounds| bounds.nulls),
        });
        Some(Arc::new(counts.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| file.bounds.rows).collect::<UInt64Array>()))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
