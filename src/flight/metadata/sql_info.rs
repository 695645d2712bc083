//! What the server and its SQL can do. Clients fail on a code that is missing, so all of them are here.

use std::collections::BTreeMap;

use arrow_flight::error::Result;
use arrow_flight::sql::SqlInfo;
use arrow_flight::sql::SqlNullOrdering;
use arrow_flight::sql::SqlOuterJoinsSupportLevel;
use arrow_flight::sql::SqlSupportedCaseSensitivity;
use arrow_flight::sql::SqlSupportedElementActions;
use arrow_flight::sql::SqlSupportedGroupBy;
use arrow_flight::sql::SqlSupportedResultSetConcurrency;
use arrow_flight::sql::SqlSupportedResultSetType;
use arrow_flight::sql::SqlSupportedSubqueries;
use arrow_flight::sql::SqlSupportedTransaction;
use arrow_flight::sql::SqlSupportedUnions;
use arrow_flight::sql::SqlSupportsConvert;
use arrow_flight::sql::SqlTransactionIsolationLevel;
use arrow_flight::sql::SupportedSqlGrammar;
use arrow_flight::sql::metadata::SqlInfoData;
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use datafusion::sql::sqlparser::keywords::RESERVED_FOR_COLUMN_ALIAS;
use datafusion::sql::sqlparser::keywords::RESERVED_FOR_TABLE_ALIAS;

use crate::flight::statements::MOST_SQL;
use crate::session::Listing;

/// Everything that can be asked for.
pub(super) fn all(listing: &Listing) -> Result<SqlInfoData> {
    let mut builder = SqlInfoDataBuilder::new();
    server(&mut builder);
    names(&mut builder, listing);
    grammar(&mut builder);
    limits(&mut builder);
    transactions(&mut builder);
    builder.build()
}

fn server(builder: &mut SqlInfoDataBuilder) {
    builder.append(SqlInfo::FlightSqlServerName, "trailql");
    builder.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    // The version of the format, which the library implements.
    builder.append(SqlInfo::FlightSqlServerArrowVersion, "1.5");
    builder.append(SqlInfo::FlightSqlServerReadOnly, true);
    builder.append(SqlInfo::FlightSqlServerSql, true);
    builder.append(SqlInfo::FlightSqlServerSubstrait, false);
    builder.append(SqlInfo::FlightSqlServerSubstraitMinVersion, "");
    builder.append(SqlInfo::FlightSqlServerSubstraitMaxVersion, "");
    builder.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::Transaction as i32);
    builder.append(SqlInfo::FlightSqlServerCancel, true);
    builder.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    builder.append(SqlInfo::FlightSqlServerIngestTransactionsSupported, false);
    builder.append(SqlInfo::FlightSqlServerStatementTimeout, 0_i32);
    builder.append(SqlInfo::FlightSqlServerTransactionTimeout, 0_i32);
    builder.append(SqlInfo::SqlDdlCatalog, false);
    builder.append(SqlInfo::SqlDdlSchema, false);
    builder.append(SqlInfo::SqlDdlTable, false);
}

fn names(builder: &mut SqlInfoDataBuilder, listing: &Listing) {
    let folded = SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32;
    let as_is = SqlSupportedCaseSensitivity::SqlCaseSensitivityCaseInsensitive as i32;
    builder.append(SqlInfo::SqlIdentifierCase, folded);
    builder.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    builder.append(SqlInfo::SqlQuotedIdentifierCase, as_is);
    builder.append(SqlInfo::SqlAllTablesAreSelectable, true);
    builder.append(SqlInfo::SqlNullOrdering, SqlNullOrdering::SqlNullsSortedHigh as i32);
    builder.append(SqlInfo::SqlKeywords, keywords());
    let functions = |sections: &[&str]| -> Vec<String> {
        sections.iter().flat_map(|section| listing.functions(section)).collect()
    };
    builder.append(SqlInfo::SqlNumericFunctions, functions(&["Math Functions"]));
    let texts = ["String Functions", "Regular Expression Functions", "Binary String Functions"];
    builder.append(SqlInfo::SqlStringFunctions, functions(&texts));
    builder.append(SqlInfo::SqlSystemFunctions, functions(&["Conditional Functions", "Other Functions"]));
    builder.append(SqlInfo::SqlDatetimeFunctions, functions(&["Time and Date Functions"]));
    builder.append(SqlInfo::SqlSearchStringEscape, "\\");
    builder.append(SqlInfo::SqlExtraNameCharacters, "");
    builder.append(SqlInfo::SqlSchemaTerm, "schema");
    builder.append(SqlInfo::SqlProcedureTerm, "procedure");
    builder.append(SqlInfo::SqlCatalogTerm, "catalog");
    builder.append(SqlInfo::SqlCatalogAtStart, true);
    let in_selects = 1_i32 << SqlSupportedElementActions::SqlElementInProcedureCalls as i32;
    builder.append(SqlInfo::SqlSchemasSupportedActions, in_selects);
    builder.append(SqlInfo::SqlCatalogsSupportedActions, in_selects);
}

/// The words that name something only in quotes.
fn keywords() -> Vec<String> {
    let reserved = RESERVED_FOR_TABLE_ALIAS.iter().chain(RESERVED_FOR_COLUMN_ALIAS);
    let mut words: Vec<_> = reserved.map(|word| format!("{word:?}")).collect();
    words.sort();
    words.dedup();
    words
}

fn grammar(builder: &mut SqlInfoDataBuilder) {
    builder.append(SqlInfo::SqlSupportsColumnAliasing, true);
    builder.append(SqlInfo::SqlNullPlusNullIsNull, true);
    builder.append(SqlInfo::SqlSupportsConvert, conversions());
    builder.append(SqlInfo::SqlSupportsTableCorrelationNames, true);
    builder.append(SqlInfo::SqlSupportsDifferentTableCorrelationNames, false);
    builder.append(SqlInfo::SqlSupportsExpressionsInOrderBy, true);
    builder.append(SqlInfo::SqlSupportsOrderByUnrelated, true);
    let group_by = (1_i32 << SqlSupportedGroupBy::SqlGroupByUnrelated as i32)
        | (1 << SqlSupportedGroupBy::SqlGroupByBeyondSelect as i32);
    builder.append(SqlInfo::SqlSupportedGroupBy, group_by);
    builder.append(SqlInfo::SqlSupportsLikeEscapeClause, true);
    builder.append(SqlInfo::SqlSupportsNonNullableColumns, false);
    let grammar = (1_i32 << SupportedSqlGrammar::SqlMinimumGrammar as i32)
        | (1 << SupportedSqlGrammar::SqlCoreGrammar as i32);
    builder.append(SqlInfo::SqlSupportedGrammar, grammar);
    // Bit 0 is the entry level.
    builder.append(SqlInfo::SqlAnsi92SupportedLevel, 1_i32);
    builder.append(SqlInfo::SqlSupportsIntegrityEnhancementFacility, false);
    // The specification calls it one value, and the drivers read it as a set of bits, like those above.
    let joins = (1_i32 << SqlOuterJoinsSupportLevel::SqlLimitedOuterJoins as i32)
        | (1 << SqlOuterJoinsSupportLevel::SqlFullOuterJoins as i32);
    builder.append(SqlInfo::SqlOuterJoinsSupportLevel, joins);
    builder.append(SqlInfo::SqlSupportedPositionedCommands, 0_i32);
    builder.append(SqlInfo::SqlSelectForUpdateSupported, false);
    builder.append(SqlInfo::SqlStoredProceduresSupported, false);
    let subqueries = (1_i32 << SqlSupportedSubqueries::SqlSubqueriesInComparisons as i32)
        | (1 << SqlSupportedSubqueries::SqlSubqueriesInExists as i32)
        | (1 << SqlSupportedSubqueries::SqlSubqueriesInIns as i32);
    builder.append(SqlInfo::SqlSupportedSubqueries, subqueries);
    builder.append(SqlInfo::SqlCorrelatedSubqueriesSupported, true);
    let unions =
        (1_i32 << SqlSupportedUnions::SqlUnion as i32) | (1 << SqlSupportedUnions::SqlUnionAll as i32);
    builder.append(SqlInfo::SqlSupportedUnions, unions);
}

/// What CAST makes of what.
fn conversions() -> BTreeMap<i32, Vec<i32>> {
    use SqlSupportsConvert as Type;
    let numbers = [
        Type::SqlConvertBigint,
        Type::SqlConvertBit,
        Type::SqlConvertDecimal,
        Type::SqlConvertFloat,
        Type::SqlConvertInteger,
        Type::SqlConvertNumeric,
        Type::SqlConvertReal,
        Type::SqlConvertSmallint,
        Type::SqlConvertTinyint,
    ];
    let texts = [Type::SqlConvertChar, Type::SqlConvertLongvarchar, Type::SqlConvertVarchar];
    let times = [Type::SqlConvertDate, Type::SqlConvertTimestamp];
    let list = |groups: &[&[Type]]| -> Vec<i32> { groups.concat().iter().map(|to| *to as i32).collect() };
    let mut conversions = BTreeMap::new();
    for from in numbers {
        conversions.insert(from as i32, list(&[&numbers, &texts]));
    }
    for from in texts {
        conversions.insert(from as i32, list(&[&numbers, &texts, &times]));
    }
    for from in times {
        conversions.insert(from as i32, list(&[&texts, &times]));
    }
    conversions
}

/// Limits; 0 is none, or none that is known.
fn limits(builder: &mut SqlInfoDataBuilder) {
    for limit in [
        SqlInfo::SqlMaxBinaryLiteralLength,
        SqlInfo::SqlMaxCharLiteralLength,
        SqlInfo::SqlMaxColumnNameLength,
        SqlInfo::SqlMaxColumnsInGroupBy,
        SqlInfo::SqlMaxColumnsInIndex,
        SqlInfo::SqlMaxColumnsInOrderBy,
        SqlInfo::SqlMaxColumnsInSelect,
        SqlInfo::SqlMaxColumnsInTable,
        SqlInfo::SqlMaxConnections,
        SqlInfo::SqlMaxCursorNameLength,
        SqlInfo::SqlMaxIndexLength,
        SqlInfo::SqlDbSchemaNameLength,
        SqlInfo::SqlMaxProcedureNameLength,
        SqlInfo::SqlMaxCatalogNameLength,
        SqlInfo::SqlMaxRowSize,
        SqlInfo::SqlMaxStatements,
        SqlInfo::SqlMaxTableNameLength,
        SqlInfo::SqlMaxTablesInSelect,
        SqlInfo::SqlMaxUsernameLength,
    ] {
        builder.append(limit, 0_i64);
    }
    builder.append(SqlInfo::SqlMaxRowSizeIncludesBlobs, true);
    builder.append(SqlInfo::SqlMaxStatementLength, MOST_SQL as i64);
}

fn transactions(builder: &mut SqlInfoDataBuilder) {
    // A transaction sees one snapshot, and nothing is ever written in it.
    let level = SqlTransactionIsolationLevel::SqlTransactionSerializable as i32;
    // The JDBC driver fails on anything but a long here; to the ODBC driver both are the same.
    builder.append(SqlInfo::SqlDefaultTransactionIsolation, i64::from(level));
    builder.append(SqlInfo::SqlTransactionsSupported, true);
    builder.append(SqlInfo::SqlSupportedTransactionsIsolationLevels, 1_i32 << level);
    builder.append(SqlInfo::SqlDataDefinitionCausesTransactionCommit, false);
    builder.append(SqlInfo::SqlDataDefinitionsInTransactionsIgnored, false);
    let forward = 1_i32 << SqlSupportedResultSetType::SqlResultSetTypeForwardOnly as i32;
    builder.append(SqlInfo::SqlSupportedResultSetTypes, forward);
    let read = 1_i32 << SqlSupportedResultSetConcurrency::SqlResultSetConcurrencyReadOnly as i32;
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified, 0_i32);
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly, read);
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive, 0_i32);
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive, 0_i32);
    builder.append(SqlInfo::SqlBatchUpdatesSupported, false);
    builder.append(SqlInfo::SqlSavepointsSupported, false);
    builder.append(SqlInfo::SqlNamedParametersSupported, false);
    builder.append(SqlInfo::SqlLocatorsUpdateCopy, false);
    builder.append(SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported, false);
}
