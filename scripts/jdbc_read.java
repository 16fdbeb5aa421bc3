// Run the statements of standard input (one a line) over JDBC; of each, print a line of type names and one a row,
// fields in hexadecimal UTF-8, NULL as "-", and an empty line after it.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;

class JdbcRead {
    static final char[] DIGITS = "0123456789abcdef".toCharArray();

    static void hex(StringBuilder made, String text) {
        if (text == null) {
            made.append('-');
            return;
        }
        made.append('x');
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            made.append(DIGITS[(one >> 4) & 15]).append(DIGITS[one & 15]);
        }
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String[] account = in.readLine().split(" ");
        try (Connection connection = DriverManager.getConnection(arguments[0], account[0], account[1])) {
            for (String sql = in.readLine(); sql != null; sql = in.readLine()) {
                long start = System.nanoTime();
                try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
                    ResultSetMetaData columns = rows.getMetaData();
                    StringBuilder line = new StringBuilder();
                    StringBuilder held = new StringBuilder();
                    for (int i = 1; i <= columns.getColumnCount(); i++) {
                        line.append(i > 1 ? "\t" : "").append(columns.getColumnLabel(i)).append(' ');
                        line.append(columns.getColumnTypeName(i).replace(' ', '_'));
                    }
                    while (rows.next()) {
                        for (int i = 1; i <= columns.getColumnCount(); i++) {
                            held.append(i > 1 ? "\t" : "");
                            hex(held, rows.getString(i));
                        }
                        held.append('\n');
                    }
                    out.println((System.nanoTime() - start) / 1e9 + "\t" + line);
                    out.print(held);
                    out.println();
                    out.flush();
                }
            }
        }
    }
}
