//! The types that columns can have, for ODBC's SQLGetTypeInfo.

use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow_flight::error::Result;
use arrow_flight::sql::Nullable;
use arrow_flight::sql::Searchable;
use arrow_flight::sql::XdbcDataType;
use arrow_flight::sql::XdbcDatetimeSubcode;
use arrow_flight::sql::metadata::XdbcTypeInfo;
use arrow_flight::sql::metadata::XdbcTypeInfoData;
use arrow_flight::sql::metadata::XdbcTypeInfoDataBuilder;

use crate::flight::wire::sql_type;

/// Its columns.
pub(super) fn schema() -> SchemaRef {
    XdbcTypeInfoDataBuilder::new().schema()
}

/// Every type, in the order of the numbers that ODBC gives them.
pub(super) fn all() -> Result<XdbcTypeInfoData> {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut builder = XdbcTypeInfoDataBuilder::new();
    for (data_type, xdbc) in [
        (DataType::Boolean, XdbcDataType::XdbcBit),
        (DataType::Int8, XdbcDataType::XdbcTinyint),
        (DataType::Int64, XdbcDataType::XdbcBigint),
        (DataType::Binary, XdbcDataType::XdbcVarbinary),
        (DataType::Decimal128(38, 10), XdbcDataType::XdbcDecimal),
        (DataType::Int32, XdbcDataType::XdbcInteger),
        (DataType::Int16, XdbcDataType::XdbcSmallint),
        (DataType::Float32, XdbcDataType::XdbcReal),
        (DataType::Float64, XdbcDataType::XdbcDouble),
        (DataType::Utf8, XdbcDataType::XdbcVarchar),
        (DataType::Date32, XdbcDataType::XdbcDate),
        (DataType::Time64(TimeUnit::Microsecond), XdbcDataType::XdbcTime),
        (time, XdbcDataType::XdbcTimestamp),
    ] {
        builder.append(info(&data_type, xdbc));
    }
    builder.build()
}

fn info(data_type: &DataType, xdbc: XdbcDataType) -> XdbcTypeInfo {
    let (name, digits, scale) = sql_type(data_type);
    let (is_text, is_number) = (*data_type == DataType::Utf8, data_type.is_numeric());
    let subcode = match xdbc {
        XdbcDataType::XdbcDate => Some(XdbcDatetimeSubcode::XdbcSubcodeYear),
        XdbcDataType::XdbcTime => Some(XdbcDatetimeSubcode::XdbcSubcodeTime),
        XdbcDataType::XdbcTimestamp => Some(XdbcDatetimeSubcode::XdbcSubcodeTimestamp),
        _ => None,
    };
    let (prefix, suffix) = match xdbc {
        XdbcDataType::XdbcDate => (Some("DATE '"), Some("'")),
        XdbcDataType::XdbcTime => (Some("TIME '"), Some("'")),
        XdbcDataType::XdbcTimestamp => (Some("TIMESTAMP '"), Some("'")),
        XdbcDataType::XdbcVarbinary => (Some("X'"), Some("'")),
        _ if is_text => (Some("'"), Some("'")),
        _ => (None, None),
    };
    let is_decimal = xdbc == XdbcDataType::XdbcDecimal;
    XdbcTypeInfo {
        type_name: name.to_owned(),
        data_type: xdbc,
        column_size: digits.or(Some(i32::MAX)),
        literal_prefix: prefix.map(str::to_owned),
        literal_suffix: suffix.map(str::to_owned),
        create_params: is_decimal.then(|| vec!["precision".to_owned(), "scale".to_owned()]),
        nullable: Nullable::NullabilityNullable,
        case_sensitive: is_text,
        searchable: Searchable::Full,
        unsigned_attribute: is_number.then_some(false),
        fixed_prec_scale: false,
        auto_increment: is_number.then_some(false),
        local_type_name: Some(name.to_owned()),
        minimum_scale: scale.map(|scale| if is_decimal { 0 } else { scale }),
        maximum_scale: scale.map(|scale| if is_decimal { 38 } else { scale }),
        // ODBC 3 writes times as one type, with a subcode.
        sql_data_type: if subcode.is_some() { XdbcDataType::XdbcDatetime } else { xdbc },
        datetime_subcode: subcode,
        num_prec_radix: is_number.then_some(10),
        interval_precision: None,
    }
}
