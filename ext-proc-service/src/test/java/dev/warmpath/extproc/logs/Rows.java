package dev.warmpath.extproc.logs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Rows out of somebody's system, new each time, in the ways in which people paste rows: CSV,
 * Markdown, JSON, what a database's shell prints, statements of a bank.
 *
 * @param names of the columns
 */
record Rows(List<String> names, List<List<String>> rows) {

  /** A cell from choices, the row's time and its number in the paste. */
  private interface Cell {
    String of(Draw draw, Instant time, int row);
  }

  private interface Bank {
    String statement(Draw habit, Draw draw, Instant from);
  }

  private record Column(String name, Cell cell) {}

  private static final DateTimeFormatter SECOND = pattern("yyyy-MM-dd HH:mm:ss");
  private static final DateTimeFormatter DAY = pattern("yyyy-MM-dd");
  private static final DateTimeFormatter GERMAN = pattern("dd.MM.yyyy");
  private static final DateTimeFormatter SLASHES = pattern("MM/dd/yyyy");

  private static final List<List<Column>> SUBJECTS =
      List.of(
          List.of(
              column("order_id", (draw, time, row) -> 400_000 + draw.below(500_000) + ""),
              column("placed_at", (draw, time, row) -> SECOND.format(time)),
              filled("customer", "{name}"),
              filled("city", "{city}"),
              column("items", (draw, time, row) -> draw.between(1, 9) + ""),
              filled("total", "{amount}"),
              column(
                  "status", (draw, time, row) -> draw.pick("paid", "open", "shipped", "returned"))),
          List.of(
              column("ts", (draw, time, row) -> time.toString()),
              column("sensor", (draw, time, row) -> "s-" + draw.between(1, 40)),
              column("celsius", (draw, time, row) -> decimal(draw.between(-900, 3800) / 100.0)),
              column("humidity", (draw, time, row) -> draw.between(20, 95) + ""),
              column("battery_mv", (draw, time, row) -> draw.between(2900, 4200) + "")),
          List.of(
              column("Datum", (draw, time, row) -> GERMAN.format(time)),
              filled("Mitarbeiter", "{name}"),
              column(
                  "Schicht", (draw, time, row) -> draw.pick("Früh", "Spät", "Nacht", "frei", "UL")),
              column("Stunden", (draw, time, row) -> draw.between(4, 10) + "," + draw.below(10)),
              filled("Standort", "{city}")),
          List.of(
              column("ticket", (draw, time, row) -> "OPS-" + draw.between(1000, 9999)),
              filled("opened by", "{first}"),
              column("opened", (draw, time, row) -> SLASHES.format(time)),
              column("priority", (draw, time, row) -> "P" + draw.between(1, 4)),
              filled("summary", "{word} fails with {error}"),
              filled("host", "{host}"),
              filled("ip", "{ip}")),
          List.of(
              column("sku", (draw, time, row) -> draw.from("ABCDEFGHKLMNPRS", 3) + draw.digits(5)),
              filled("article", "{product}"),
              column("stock", (draw, time, row) -> draw.below(900) + ""),
              column("reorder", (draw, time, row) -> draw.pick("yes", "no")),
              column("counted", (draw, time, row) -> DAY.format(time)),
              filled("price", "{amount}")),
          List.of(
              column("id", (draw, time, row) -> draw.uuid().toString()),
              column("created_at", (draw, time, row) -> time.toString()),
              filled("email", "{first}.{word}@mail.example"),
              column("plan", (draw, time, row) -> draw.pick("free", "team", "business")),
              column("seats", (draw, time, row) -> draw.between(1, 250) + ""),
              column("trial", (draw, time, row) -> draw.pick("true", "false"))),
          List.of(
              column("semaine", (draw, time, row) -> "S" + draw.between(1, 52)),
              filled("agence", "{city}"),
              column("visites", (draw, time, row) -> draw.between(40, 9000) + ""),
              column("ventes", (draw, time, row) -> draw.between(0, 400) + ""),
              filled("chiffre", "{amount}"),
              filled("responsable", "{name}")),
          List.of(
              column("date", (draw, time, row) -> DAY.format(time)),
              column("metric", (draw, time, row) -> draw.pick("p50", "p90", "p99", "errors")),
              filled("service", "{host}"),
              column("value", (draw, time, row) -> decimal(draw.below(90_000) / 37.0)),
              column("delta", (draw, time, row) -> decimal(draw.between(-400, 400) / 10.0) + "%")));

  private static DateTimeFormatter pattern(String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
  }

  private static Column column(String name, Cell cell) {
    return new Column(name, cell);
  }

  private static Column filled(String name, String template) {
    return new Column(name, (draw, time, row) -> draw.fill(template, time));
  }

  private static String decimal(double value) {
    return "%.2f".formatted(value);
  }

  /**
   * Rows about one subject, with some of its columns, one after the other in time.
   *
   * @param habit what all rows of one source have in common
   */
  static Rows draw(Draw habit, Draw draw, Instant now) {
    List<Column> all = habit.pick(SUBJECTS);
    List<Column> columns = habit.chance(0.6) ? all : all.subList(0, habit.between(3, all.size()));
    Instant time = now.minusSeconds(draw.between(600, 40 * 86_400));
    int step = habit.pick(List.of(1, 60, 900, 86_400));
    List<List<String>> rows = new ArrayList<>();
    for (int row = draw.between(3, 24); row > 0; row--) {
      time = time.plusSeconds((long) step * draw.between(1, 3));
      List<String> cells = new ArrayList<>();
      for (Column column : columns) {
        cells.add(column.cell().of(draw, time, rows.size()));
      }
      rows.add(cells);
    }
    return new Rows(columns.stream().map(Column::name).toList(), rows);
  }

  String csv(Draw habit) {
    String comma = habit.pick(",", ",", ";", "\t");
    boolean quoted = habit.chance(0.3);
    Function<List<String>, String> line =
        cells ->
            String.join(
                comma,
                cells.stream().map(c -> quoted || c.contains(comma) ? '"' + c + '"' : c).toList());
    return lines(habit.chance(0.85), line);
  }

  private String lines(boolean header, Function<List<String>, String> line) {
    List<String> lines = new ArrayList<>();
    if (header) {
      lines.add(line.apply(names));
    }
    rows.forEach(row -> lines.add(line.apply(row)));
    return String.join("\n", lines);
  }

  String markdown(Draw habit) {
    boolean padded = habit.chance(0.5);
    List<Integer> widths = widths();
    StringBuilder text = new StringBuilder(bar(names, padded, widths)).append("\n|");
    for (int width : widths) {
      text.append(padded ? "-".repeat(width + 2) : habit.pick("---", "---", "--:")).append('|');
    }
    rows.forEach(row -> text.append('\n').append(bar(row, padded, widths)));
    return text.toString();
  }

  private static String bar(List<String> cells, boolean padded, List<Integer> widths) {
    StringBuilder text = new StringBuilder("|");
    for (int i = 0; i < cells.size(); i++) {
      text.append(' ').append(padded ? pad(cells.get(i), widths.get(i)) : cells.get(i));
      text.append(" |");
    }
    return text.toString();
  }

  private static String pad(String cell, int width) {
    return cell + " ".repeat(width - cell.length());
  }

  private List<Integer> widths() {
    List<Integer> widths = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      int column = i;
      int widest = rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
      widths.add(Math.max(names.get(i).length(), widest));
    }
    return widths;
  }

  /** As psql or mysql print it, perhaps behind the statement. */
  String sqlResult(Draw habit, Draw draw, Instant now) {
    List<Integer> widths = widths();
    StringBuilder text = new StringBuilder();
    String table = habit.pick("orders", "readings", "events", "accounts", "shifts", "tickets");
    if (habit.chance(0.5)) {
      text.append(habit.pick("warehouse=> ", "mysql> ", "", "sqlite> "))
          .append("SELECT ")
          .append(String.join(", ", names.stream().map(n -> n.replace(' ', '_')).toList()))
          .append(" FROM ")
          .append(table)
          .append(" WHERE created_at > '")
          .append(DAY.format(now.minusSeconds(86_400L * draw.between(1, 60))))
          .append("' ORDER BY 1 LIMIT ")
          .append(rows.size())
          .append(";\n");
    }
    if (habit.chance(0.5)) {
      text.append(cells(names, widths)).append('\n');
      text.append(String.join("+", widths.stream().map(width -> "-".repeat(width + 2)).toList()));
      rows.forEach(row -> text.append('\n').append(cells(row, widths)));
      return text.append("\n(").append(rows.size()).append(" rows)").toString();
    }
    String rule =
        "+" + String.join("+", widths.stream().map(w -> "-".repeat(w + 2)).toList()) + "+";
    text.append(rule).append('\n').append(bar(names, true, widths)).append('\n').append(rule);
    rows.forEach(row -> text.append('\n').append(bar(row, true, widths)));
    return text.append('\n')
        .append(rule)
        .append('\n')
        .append(rows.size())
        .append(" rows in set (0.")
        .append(draw.digits(2))
        .append(" sec)")
        .toString();
  }

  private static String cells(List<String> row, List<Integer> widths) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < row.size(); i++) {
      cells.add(" " + pad(row.get(i), widths.get(i)) + " ");
    }
    return String.join("|", cells);
  }

  /** An array, or one record a line, or one record alone with others inside. */
  String json(Draw habit, Draw draw) {
    JsonText.Spelling spelling =
        habit.pick(
            List.of(
                JsonText.Spelling.COMPACT,
                JsonText.Spelling.SPACED_ASCII,
                JsonText.Spelling.INDENTED));
    List<Object> records = new ArrayList<>();
    for (List<String> row : rows) {
      Object[] members = new Object[2 * names.size()];
      for (int i = 0; i < row.size(); i++) {
        members[2 * i] = names.get(i);
        members[2 * i + 1] = value(row.get(i));
      }
      records.add(Format.object(members));
    }
    return switch (habit.below(4)) {
      case 0 -> text(records, spelling);
      case 1 ->
          String.join("\n", records.stream().map(r -> text(r, JsonText.Spelling.COMPACT)).toList());
      case 2 -> text(records.getFirst(), spelling);
      default ->
          text(
              Format.object(
                  "request_id", draw.uuid().toString(),
                  "count", records.size(),
                  "next", draw.base62(16),
                  "items", records),
              spelling);
    };
  }

  private static Object value(String cell) {
    if (cell.matches("-?[1-9][0-9]{0,8}")) {
      return Integer.parseInt(cell);
    }
    return cell.equals("true") || cell.equals("false") ? (Object) cell.equals("true") : cell;
  }

  private static String text(Object value, JsonText.Spelling spelling) {
    return new String(JsonText.write(value, spelling), UTF_8);
  }

  /** A statement of an account as banks in three countries write it. */
  static String statement(Draw habit, Draw draw, Instant now) {
    List<Bank> banks = List.of(Rows::german, Rows::english, Rows::mt940, Rows::french);
    return habit
        .pick(banks)
        .statement(habit, draw, now.minusSeconds(86_400L * draw.between(5, 300)));
  }

  private static String german(Draw habit, Draw draw, Instant from) {
    StringBuilder text = new StringBuilder();
    if (habit.chance(0.7)) {
      text.append(habit.pick("Kontoauszug ", "Umsätze ", "Auszug Nr. "))
          .append(draw.between(1, 12))
          .append('/')
          .append(pattern("yyyy").format(from))
          .append("  IBAN DE")
          .append(draw.digits(2))
          .append(" ")
          .append(draw.digits(4))
          .append(" ")
          .append(draw.digits(4))
          .append('\n');
    }
    Instant day = from;
    DateTimeFormatter date = pattern(habit.pick("dd.MM.yyyy", "dd.MM.", "dd.MM.yy"));
    for (int rows = draw.between(4, 16); rows > 0; rows--) {
      day = day.plusSeconds(86_400L * draw.below(4));
      text.append(date.format(day)).append("  ");
      text.append(
              draw.pick(
                  "Lastschrift",
                  "Gutschrift",
                  "Kartenzahlung",
                  "Dauerauftrag",
                  "SEPA-Überweisung",
                  "Entgelt"))
          .append("  ")
          .append(
              draw.fill(
                  draw.pick(
                      "REWE {city} SAGT DANKE",
                      "{name} Miete",
                      "Stadtwerke {city} Abschlag {id}",
                      "EREF+{hex} MREF+{id}",
                      "Gehalt {n}",
                      "PAYPAL {code}"),
                  day))
          .append("  ")
          .append(draw.pick("-", "-", "+"))
          .append(draw.between(2, 1900))
          .append(',')
          .append(draw.digits(2))
          .append(draw.pick("", " EUR", " €"))
          .append('\n');
    }
    return text.append("Neuer Saldo ")
        .append(draw.between(1, 40))
        .append('.')
        .append(draw.digits(3))
        .append(',')
        .append(draw.digits(2))
        .toString();
  }

  private static String english(Draw habit, Draw draw, Instant from) {
    DateTimeFormatter date = pattern(habit.pick("d MMM", "MM/dd", "dd MMM yyyy"));
    StringBuilder text =
        new StringBuilder(
            habit.chance(0.5) ? "Date   Description  Paid out  Paid in  Balance\n" : "");
    Instant day = from;
    int cents = draw.between(20_000, 900_000);
    for (int rows = draw.between(4, 16); rows > 0; rows--) {
      day = day.plusSeconds(86_400L * draw.below(4));
      int moved = draw.between(199, 60_000) * (draw.chance(0.8) ? -1 : 1);
      cents += moved;
      text.append(date.format(day))
          .append("  ")
          .append(
              draw.fill(
                  draw.pick(
                      "CARD PAYMENT TO COFFEE {city}",
                      "DIRECT DEBIT {code} WATER",
                      "FASTER PAYMENT {name}",
                      "ATM {city} {id}",
                      "SALARY REF {id}",
                      "STANDING ORDER {first} RENT"),
                  day))
          .append("  ")
          .append(decimal(moved / 100.0))
          .append("  ")
          .append(decimal(cents / 100.0))
          .append('\n');
    }
    return text.toString();
  }

  private static String mt940(Draw habit, Draw draw, Instant from) {
    StringBuilder text =
        new StringBuilder(habit.pick("", "{1:F01BANKDEFFXXXX}\n"))
            .append(":20:")
            .append(draw.crockford(12))
            .append("\n:25:")
            .append(draw.digits(8))
            .append('/')
            .append(draw.digits(10))
            .append("\n:28C:")
            .append(draw.between(1, 250))
            .append("/1\n");
    Instant day = from;
    for (int rows = draw.between(3, 10); rows > 0; rows--) {
      day = day.plusSeconds(86_400L * draw.below(3));
      text.append(":61:")
          .append(pattern("yyMMddMMdd").format(day))
          .append(draw.pick("D", "C"))
          .append(draw.between(3, 4000))
          .append(',')
          .append(draw.digits(2))
          .append("NTRFNONREF\n:86:")
          .append(draw.digits(3))
          .append("?20")
          .append(draw.fill(draw.pick("Rechnung {id}", "Miete {first}", "Ticket {code}"), day))
          .append("?32")
          .append(draw.fill("{name}", day))
          .append('\n');
    }
    return text.toString();
  }

  private static String french(Draw habit, Draw draw, Instant from) {
    DateTimeFormatter date = pattern("dd/MM");
    StringBuilder text = new StringBuilder(habit.pick("", "Relevé de compte\n", "Opérations :\n"));
    Instant day = from;
    for (int rows = draw.between(4, 14); rows > 0; rows--) {
      day = day.plusSeconds(86_400L * draw.below(4));
      text.append(date.format(day))
          .append(
              draw.fill(
                  draw.pick(
                      " CB BOULANGERIE {city} ",
                      " VIR SEPA {name} ",
                      " PRLV EDF {id} ",
                      " RETRAIT DAB {city} ",
                      " CHEQUE N° {id} "),
                  day))
          .append(draw.pick("-", "-", "+"))
          .append(draw.between(3, 1400))
          .append(',')
          .append(draw.digits(2))
          .append(" €\n");
    }
    return text.toString();
  }
}
