//! Every code and every type that clients look for is there.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use arrow::datatypes::UInt32Type;

use super::*;

#[test]
fn types_are_told_with_the_columns_that_were_promised() {
    let types = types::all().unwrap();
    assert_eq!(types.schema(), types::schema());
    assert_eq!(types.record_batch(Some(12)).unwrap().num_rows(), 1);
    assert_eq!(tables::types().unwrap().schema(), tables::types_schema());
}

#[tokio::test]
async fn all_codes_of_the_specification_have_a_value() {
    let session = crate::flight::tests::session().await;
    let batch = sql_info::all(&session.listing().await.unwrap()).unwrap().record_batch([]).unwrap();
    let codes: BTreeSet<u32> =
        batch.column(0).as_primitive::<UInt32Type>().values().iter().copied().collect();
    let expected: BTreeSet<u32> = (0..=11).chain([100, 101]).chain(500..=576).collect();
    assert_eq!(codes, expected);
    // Drivers index the children of the union by the numbers of the specification.
    let DataType::Union(fields, _) = batch.column(1).data_type().clone() else { panic!("no union") };
    let children: Vec<_> = fields.iter().map(|(id, field)| (id, field.name().as_str())).collect();
    assert_eq!(
        children,
        [
            (0, "string_value"),
            (1, "bool_value"),
            (2, "bigint_value"),
            (3, "int32_bitmask"),
            (4, "string_list"),
            (5, "int32_to_int32_list_map"),
        ]
    );
}
