import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.List;
import java.util.TimeZone;
import java.util.TreeSet;

/** The Arrow Flight SQL JDBC driver, as DBeaver and Tableau use it: `Jdbc.java URL`. */
public class Jdbc {
    static void check(boolean holds, Object told) {
        if (!holds) {
            throw new AssertionError(told);
        }
    }

    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        try (rows) {
            while (rows.next()) {
                values.add(rows.getString(name));
            }
        }
        return values;
    }

    static void metadata(Connection connection) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        check(metadata.getDatabaseProductName().equals("trailql"), metadata.getDatabaseProductName());
        check(metadata.isReadOnly(), "read only");
        check(metadata.getIdentifierQuoteString().equals("\""), metadata.getIdentifierQuoteString());
        check(metadata.getSearchStringEscape().equals("\\"), metadata.getSearchStringEscape());
        check(metadata.supportsANSI92EntryLevelSQL(), "ANSI 92");
        check(!metadata.getSQLKeywords().isEmpty(), "keywords");
        check(metadata.getNumericFunctions().contains("abs"), metadata.getNumericFunctions());
        check(metadata.getStringFunctions().contains("lower"), metadata.getStringFunctions());
        check(metadata.getTimeDateFunctions().contains("date_trunc"), metadata.getTimeDateFunctions());
        check(metadata.getSystemFunctions().contains("coalesce"), metadata.getSystemFunctions());
        // The driver gives the number of Flight, not that of JDBC; it must not fail.
        metadata.getDefaultTransactionIsolation();
        check(metadata.supportsFullOuterJoins() && metadata.supportsUnionAll(), "joins and unions");
        check(metadata.supportsSubqueriesInExists() && metadata.supportsCorrelatedSubqueries(), "subqueries");
        check(metadata.supportsTransactions(), "transactions");
        check(metadata.supportsTransactionIsolationLevel(Connection.TRANSACTION_SERIALIZABLE), "isolation");
        check(metadata.getMaxStatementLength() > 0, metadata.getMaxStatementLength());
        check(metadata.supportsResultSetType(ResultSet.TYPE_FORWARD_ONLY), "forward only");
        check(!metadata.supportsStoredProcedures() && !metadata.supportsSavepoints(), "neither");

        check(column(metadata.getCatalogs(), "TABLE_CAT").equals(List.of("trailql")), "catalogs");
        List<String> schemas = column(metadata.getSchemas(), "TABLE_SCHEM");
        check(schemas.equals(List.of("information_schema", "public", "reports")), schemas);
        check(column(metadata.getTableTypes(), "TABLE_TYPE").contains("TABLE"), "table types");
        List<String> tables = column(
            metadata.getTables(null, "public", "%", new String[] {"BASE TABLE"}), "TABLE_NAME");
        check(tables.contains("cloudtrail") && !tables.contains("cloudtrail_json"), tables);
        List<String> views = column(metadata.getTables("trailql", "reports", "%", new String[] {"view"}), "TABLE_NAME");
        check(views.size() > 300, views.size());
        check(column(metadata.getTables("other", null, "%", null), "TABLE_NAME").isEmpty(), "other catalog");

        boolean found = false;
        try (ResultSet columns = metadata.getColumns(null, "public", "cloudtrail", "%")) {
            while (columns.next()) {
                check(columns.getString("REMARKS") != null, columns.getString("COLUMN_NAME"));
                if (columns.getString("COLUMN_NAME").equals("event_time")) {
                    found = true;
                    int type = columns.getInt("DATA_TYPE");
                    check(type == Types.TIMESTAMP || type == Types.TIMESTAMP_WITH_TIMEZONE, type);
                    check(columns.getString("TYPE_NAME").startsWith("TIMESTAMP"), columns.getString("TYPE_NAME"));
                }
            }
        }
        check(found, "event_time");
        check(column(metadata.getPrimaryKeys(null, "public", "cloudtrail"), "COLUMN_NAME").isEmpty(), "keys");
        check(column(metadata.getImportedKeys(null, "public", "cloudtrail"), "FK_NAME").isEmpty(), "keys");
        check(column(metadata.getExportedKeys(null, "public", "cloudtrail"), "FK_NAME").isEmpty(), "keys");
        ResultSet cross = metadata.getCrossReference(null, "public", "cloudtrail", null, "public", "sources");
        check(column(cross, "FK_NAME").isEmpty(), "keys");
    }

    static void statements(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            check(statement.execute("SELECT count(*) AS events FROM cloudtrail"), "rows");
            try (ResultSet rows = statement.getResultSet()) {
                check(rows.next() && rows.getLong("events") > 1000, "events");
            }
            for (String sql : List.of("EXPLAIN SELECT 1", "SHOW TABLES", "DESCRIBE cloudtrail", "SHOW ALL")) {
                check(statement.execute(sql), sql);
                try (ResultSet rows = statement.getResultSet()) {
                    check(rows.next(), sql);
                }
            }
            Calendar utc = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
            String sql = "SELECT TIMESTAMP '2026-09-17 08:14:05' AS t, DATE '2026-09-17' AS d, 1.5 AS f, "
                + "true AS b, CAST(1 AS DECIMAL(10, 2)) AS n, 'text' AS s, X'00ff' AS x, NULL AS nothing";
            try (ResultSet rows = statement.executeQuery(sql)) {
                check(rows.next(), sql);
                Instant time = rows.getTimestamp("t", utc).toInstant();
                check(time.equals(Instant.parse("2026-09-17T08:14:05Z")), time);
                check(rows.getString("d").equals("2026-09-17"), rows.getString("d"));
                check(rows.getDouble("f") == 1.5 && rows.getBoolean("b"), "numbers");
                check(rows.getBigDecimal("n").compareTo(BigDecimal.ONE) == 0, rows.getBigDecimal("n"));
                check(rows.getString("s").equals("text") && rows.getBytes("x").length == 2, "texts");
                check(rows.getObject("nothing") == null, "nothing");
            }
            try (ResultSet rows = statement.executeQuery("SELECT resource_arns FROM cloudtrail WHERE resource_arns IS NOT NULL LIMIT 1")) {
                check(rows.next() && rows.getArray(1) != null, "a list");
            }
        }
        for (String sql : List.of("DROP TABLE cloudtrail", "INSERT INTO cloudtrail VALUES (1)", "COPY (SELECT 1) TO '/tmp/x.csv'")) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                throw new AssertionError("not refused: " + sql);
            } catch (SQLException refused) {
                check(refused.toString().contains("refused"), refused);
            }
        }
    }

    interface Binding {
        void bind(PreparedStatement statement) throws SQLException;
    }

    static void bound(Connection connection, String type, Binding binding, String expected) throws SQLException {
        String sql = "SELECT CAST(" + type + " AS VARCHAR)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            check(statement.getParameterMetaData().getParameterCount() == 1, sql);
            binding.bind(statement);
            try (ResultSet rows = statement.executeQuery()) {
                check(rows.next(), sql);
                String value = rows.getString(1);
                check(expected == null ? value == null : expected.equals(value), sql + ": " + value);
            }
        }
    }

    static void parameters(Connection connection) throws SQLException {
        bound(connection, "arrow_cast(1, 'Int8') + CAST(? AS TINYINT)", s -> s.setByte(1, (byte) 3), "4");
        bound(connection, "CAST(? AS SMALLINT)", s -> s.setShort(1, (short) 300), "300");
        bound(connection, "CAST(? AS INT)", s -> s.setInt(1, 70000), "70000");
        bound(connection, "CAST(? AS BIGINT)", s -> s.setLong(1, 5_000_000_000L), "5000000000");
        bound(connection, "CAST(? AS FLOAT)", s -> s.setFloat(1, 1.5f), "1.5");
        bound(connection, "CAST(? AS DOUBLE)", s -> s.setDouble(1, 2.25), "2.25");
        bound(connection, "CAST(? AS BOOLEAN)", s -> s.setBoolean(1, true), "true");
        bound(connection, "CAST(? AS DECIMAL(10, 2))", s -> s.setBigDecimal(1, new BigDecimal("12.34")), "12.34");
        bound(connection, "CAST(? AS VARCHAR)", s -> s.setString(1, "it's ?"), "it's ?");
        bound(connection, "?", s -> s.setString(1, "plain"), "plain");
        bound(connection, "CAST(? AS DATE)", s -> s.setDate(1, Date.valueOf("2026-09-17")), "2026-09-17");
        bound(connection, "CAST(? AS TIME)", s -> s.setTime(1, Time.valueOf("08:14:05")), "08:14:05");
        Calendar zulu = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
        Timestamp moment = Timestamp.from(Instant.parse("2026-09-17T08:14:05.250Z"));
        bound(connection, "CAST(? AS TIMESTAMP)", s -> s.setTimestamp(1, moment, zulu), "2026-09-17T08:14:05.250");
        bound(connection, "CAST(? AS BIGINT)", s -> s.setNull(1, Types.BIGINT), null);
        bound(connection, "CAST(? AS VARCHAR)", s -> s.setObject(1, "object"), "object");
        bound(connection, "encode(CAST(? AS BYTEA), 'hex')", s -> s.setBytes(1, new byte[] {0, (byte) 0xff}), "00ff");

        String sql = "SELECT count(*) FROM cloudtrail WHERE event_time >= ? AND event_time < ? AND event_name <> ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            Calendar utc = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
            statement.setTimestamp(1, Timestamp.from(Instant.parse("2020-01-01T00:00:00Z")), utc);
            statement.setTimestamp(2, Timestamp.from(Instant.parse("2100-01-01T00:00:00Z")), utc);
            statement.setString(3, "nothing");
            long first;
            try (ResultSet rows = statement.executeQuery()) {
                check(rows.next(), sql);
                first = rows.getLong(1);
                check(first > 1000, first);
            }
            statement.setTimestamp(2, Timestamp.from(Instant.parse("2020-01-02T00:00:00Z")), utc);
            try (ResultSet rows = statement.executeQuery()) {
                check(rows.next() && rows.getLong(1) == 0, "none so early");
            }
            // The statement is run again with another value.
            statement.setTimestamp(1, Timestamp.from(Instant.parse("2099-01-01T00:00:00Z")), utc);
            try (ResultSet rows = statement.executeQuery()) {
                check(rows.next() && rows.getLong(1) == 0, "none so late");
            }
        }
    }

    static int everything(Connection connection) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        List<String> names = new ArrayList<>();
        try (ResultSet tables = metadata.getTables(null, null, "%", null)) {
            while (tables.next()) {
                names.add("\"" + tables.getString("TABLE_SCHEM") + "\".\"" + tables.getString("TABLE_NAME") + "\"");
            }
        }
        TreeSet<String> kinds = new TreeSet<>();
        for (String name : names) {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT * FROM " + name + " LIMIT 5")) {
                ResultSetMetaData columns = rows.getMetaData();
                while (rows.next()) {
                    for (int column = 1; column <= columns.getColumnCount(); column++) {
                        try {
                            // The driver (18.3) has no getObject for times with a zone.
                            if (columns.getColumnType(column) == Types.TIMESTAMP_WITH_TIMEZONE) {
                                rows.getTimestamp(column);
                            } else {
                                rows.getObject(column);
                            }
                            rows.getString(column);
                        } catch (RuntimeException failed) {
                            throw new AssertionError(name + " " + columns.getColumnName(column), failed);
                        }
                    }
                }
                for (int column = 1; column <= columns.getColumnCount(); column++) {
                    int type = columns.getColumnType(column);
                    check(type != Types.OTHER && type != Types.JAVA_OBJECT, name + " " + columns.getColumnName(column));
                    kinds.add(columns.getColumnTypeName(column));
                }
            }
        }
        System.out.println(names.size() + " tables and views of the types " + kinds);
        return names.size();
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            metadata(connection);
            statements(connection);
            parameters(connection);
            check(everything(connection) > 300, "tables");
        }
        String separator = arguments[0].contains("?") ? "&" : "?";
        Connection connection = DriverManager.getConnection(arguments[0] + separator + "catalog=trailql");
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 1")) {
            check(rows.next() && !rows.next(), "a catalog");
        }
        try {
            connection.close();
        } catch (SQLException twice) {
            // With a catalog the driver (18.3) closes its session again after it has closed its channel.
            check(twice.toString().contains("shutdown") || twice.toString().contains("clean up"), twice);
        }
        System.out.println("ok");
    }
}
