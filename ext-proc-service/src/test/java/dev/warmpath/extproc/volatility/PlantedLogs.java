package dev.warmpath.extproc.volatility;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Logs of made-up applications, clean or with one defect that is known. Same seed, same log. */
final class PlantedLogs {

  /** What was planted, and how it was written. */
  record Defect(VolatileKind kind, Site site, String style) {}

  /**
   * A log.
   *
   * @param bodies one request each
   * @param defect null: clean
   */
  record Log(
      List<String> bodies, List<String> values, boolean anthropic, @Nullable Defect defect) {}

  private static final String[] SUBJECTS = {
    "The assistant", "Every answer", "A good reply", "The service", "Each summary", "The agent",
    "A support case", "The final text", "Any quotation", "The report", "A refund", "The invoice"
  };
  private static final String[] VERBS = {
    "must mention", "should follow", "never contradicts", "always respects", "explains", "quotes",
    "ought to include", "may leave out", "has to match", "depends on", "is checked against", "uses"
  };
  private static final String[] OBJECTS = {
    "the policy of the house", "the customer handbook", "two short examples", "the latest tariff",
    "the rules for escalation", "plain language", "the terms of delivery", "a friendly closing",
    "the list of open orders", "metric units", "the wording of the contract", "known limitations"
  };
  private static final String[] ENDS = {
    "without exception", "if the user asks for it", "before anything else", "in every market",
    "unless a manager objects", "at the end of the text", "for all products", "when in doubt",
    "as agreed last spring", "in the language of the question", "with care", "step by step"
  };
  private static final String[] FIRST_NAMES = {
    "Alice", "Bernd", "Carla", "Dmitri", "Eva", "Farid", "Grace", "Hiroshi", "Ines", "Jonas",
    "Katrin", "Luis", "Mona", "Nils", "Olga", "Pedro", "Quentin", "Rosa", "Sven", "Tara"
  };
  private static final String[] LAST_NAMES = {
    "Miller",
    "Schulz",
    "Rossi",
    "Ivanov",
    "Novak",
    "Haddad",
    "Okafor",
    "Tanaka",
    "Lopez",
    "Berg",
    "O'Neil",
    "Smith-Jones",
    "Keller",
    "Duval",
    "Petrov",
    "Garcia",
    "Weber",
    "Yilmaz"
  };
  private static final String[] TOOLS = {
    "get_weather", "find_order", "cancel_order", "send_mail", "search_web", "read_file",
    "write_file", "list_users", "book_flight", "convert_money", "run_query", "open_ticket"
  };

  private final Random random;

  PlantedLogs(long seed) {
    random = new Random(seed);
  }

  static List<BiFunction<PlantedLogs, Integer, String>> styles(VolatileKind kind) {
    return switch (kind) {
      case TIME_STAMP ->
          List.of(
              time("yyyy-MM-dd'T'HH:mm:ss'Z'"),
              time("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
              time("EEE, dd MMM yyyy HH:mm:ss 'GMT'"),
              time("MM/dd/yyyy, h:mm a"),
              time("MMMM d, yyyy 'at' h:mm a"),
              time("dd.MM.yyyy HH:mm 'Uhr'"),
              time("EEEE, d MMMM yyyy, HH:mm:ss"),
              time("HH:mm:ss"),
              time("h:mm a"),
              time("HH:mm 'CET'"),
              time("yyyyMMdd'T'HHmmss'Z'"),
              time("yyyy/MM/dd HH:mm"),
              time("EEE MMM d HH:mm:ss 'UTC' yyyy"),
              (logs, i) -> Long.toString(logs.at(i).toEpochSecond()),
              (logs, i) -> Long.toString(logs.at(i).toInstant().toEpochMilli() + i * 7 % 1000),
              (logs, i) -> logs.at(i).toEpochSecond() + "." + (100000 + i * 7919 % 899999));
      case DATE ->
          List.of(
              day("yyyy-MM-dd"),
              day("dd.MM.yyyy"),
              day("MM/dd/yyyy"),
              day("MMMM d, yyyy"),
              day("EEEE, MMMM d"),
              day("EEEE"),
              day("d MMM yyyy"),
              day("EEEE, d MMMM yyyy"),
              day("yyyyMMdd"));
      case UUID ->
          List.of(
              (logs, _) -> logs.uuid(),
              (logs, _) -> logs.uuid().replace("-", ""),
              (logs, _) -> logs.uuid().toUpperCase(Locale.ROOT),
              (logs, _) -> "urn:uuid:" + logs.uuid());
      case COUNTER ->
          List.of(
              (_, i) -> "%06d".formatted(i + 17),
              (_, i) -> Integer.toString(i + 1),
              (_, i) -> "REQ%05d".formatted(i + 940),
              (_, i) -> "run-" + (i + 95),
              (logs, i) -> Integer.toString(10_000 + 20 * i + logs.random.nextInt(20)));
      case RANDOM_ID ->
          List.of(
              (logs, _) -> logs.pick("0123456789abcdef", 8),
              (logs, _) -> logs.pick("0123456789abcdef", 16),
              (logs, _) -> logs.pick("0123456789abcdef", 40),
              (logs, _) -> "01" + logs.pick("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),
              (logs, _) -> "sess_" + logs.pick("abcdefghijklmnopqrstuvwxyz0123456789", 14),
              (logs, _) -> logs.base64(),
              (logs, _) -> logs.pick("0123456789", 9),
              (logs, _) ->
                  logs.pick(
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", 21));
      case USER_NAME ->
          List.of(
              (logs, i) -> logs.name(i),
              (logs, i) -> FIRST_NAMES[logs.user(i) % FIRST_NAMES.length],
              (logs, i) ->
                  logs.name(i).toLowerCase(Locale.ROOT).replace(' ', '.') + "@corp.example",
              (logs, i) -> Integer.toString(40_000 + Math.floorMod(logs.user(i) * 7919, 59_999)),
              (logs, i) -> "C-" + (1000 + Math.floorMod(logs.user(i) * 613, 8999)));
      default -> List.of((_, _) -> "");
    };
  }

  private static String[] lines(VolatileKind kind) {
    return switch (kind) {
      case TIME_STAMP ->
          new String[] {
            "Current time: @", "It is now @.", "[@]", "now=@", "The request came at @ today."
          };
      case DATE ->
          new String[] {"Today is @.", "Date: @", "The current date is @.", "<date>@</date>"};
      case UUID ->
          new String[] {
            "Session: @", "trace @", "Conversation id is @.", "{\"id\":\"@\"}", "User: @"
          };
      case COUNTER ->
          new String[] {"Request number @.", "Turn @", "This is call @ of the day.", "seq=@", "#@"};
      case RANDOM_ID ->
          new String[] {
            "Session id: @", "Request-Id: @", "nonce=@", "Trace @ is active.", "ref: @ (keep it)"
          };
      case USER_NAME ->
          new String[] {
            "User: @",
            "You are talking to @.",
            "The customer is @ and has an open case.",
            "user=@",
            "You help @ today.",
            "Logged in as @"
          };
      default -> new String[] {"@"};
    };
  }

  private static BiFunction<PlantedLogs, Integer, String> time(String pattern) {
    DateTimeFormatter format = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH);
    return (logs, i) -> format.format(logs.at(i));
  }

  private static BiFunction<PlantedLogs, Integer, String> day(String pattern) {
    DateTimeFormatter format = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH);
    return (logs, i) -> format.format(logs.at(i * 40));
  }

  private long step = 137;
  private int users = 12;

  private ZonedDateTime at(int i) {
    return Instant.ofEpochSecond(1_790_000_000L + i * step).atZone(ZoneOffset.UTC);
  }

  private String uuid() {
    return new UUID(
            (random.nextLong() & ~0xF000L) | 0x4000L,
            (random.nextLong() & ~(3L << 62)) | (1L << 63))
        .toString();
  }

  private String pick(String alphabet, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private String base64() {
    byte[] bytes = new byte[18];
    random.nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private int user(int i) {
    return i * 31 % users + 3;
  }

  private String name(int i) {
    return FIRST_NAMES[user(i) % FIRST_NAMES.length]
        + " "
        + LAST_NAMES[user(i) * 7 % LAST_NAMES.length];
  }

  private String one(String[] of) {
    return of[random.nextInt(of.length)];
  }

  String sentence() {
    return one(SUBJECTS) + " " + one(VERBS) + " " + one(OBJECTS) + " " + one(ENDS) + ".";
  }

  private String paragraph(int sentences) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sentences; i++) {
      text.append(i == 0 ? "" : random.nextInt(4) == 0 ? "\n" : " ").append(sentence());
    }
    return text.toString();
  }

  private record Message(String role, String text) {}

  private static final class Conversation {
    final List<Message> messages = new ArrayList<>();
    int turn;
  }

  private static final class App {
    List<String> system = new ArrayList<>();
    List<String> tools = new ArrayList<>();
    String preamble = "";
    boolean hasSystem = true;
  }

  private App app() {
    App app = new App();
    int lines = 3 + random.nextInt(12);
    app.system.add(
        "You are the " + pick("abcdefghijklmnop", 5) + " assistant of " + one(OBJECTS) + ".");
    for (int i = 0; i < lines; i++) {
      app.system.add(paragraph(1 + random.nextInt(3)));
    }
    int tools = random.nextInt(3) == 0 ? 0 : 2 + random.nextInt(5);
    List<String> names = new ArrayList<>(List.of(TOOLS));
    Collections.shuffle(names, random);
    for (int i = 0; i < tools; i++) {
      app.tools.add(names.get(i));
    }
    app.hasSystem = random.nextInt(5) != 0;
    if (!app.hasSystem || random.nextInt(3) == 0) {
      app.preamble = paragraph(6 + random.nextInt(8)) + "\n\n";
    }
    return app;
  }

  private static String quote(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }

  private String schema(String tool, String extra, boolean shuffled) {
    List<String> members =
        new ArrayList<>(
            List.of(
                quote("id") + ":{\"type\":\"string\",\"description\":\"of " + tool + "\"}",
                quote("limit") + ":{\"type\":\"integer\"}",
                quote("verbose") + ":{\"type\":\"boolean\",\"default\":false}",
                quote("filter") + ":{\"type\":\"string\"}"));
    if (shuffled) {
      Collections.shuffle(members, random);
    }
    return "{\"type\":\"object\",\"properties\":{" + String.join(",", members) + "}" + extra + "}";
  }

  private String tool(String name, boolean anthropic, String description, boolean shuffled) {
    return anthropic
        ? "{\"name\":%s,\"description\":%s,\"input_schema\":%s}"
            .formatted(quote(name), quote(description), schema(name, "", shuffled))
        : "{\"type\":\"function\",\"function\":{\"name\":%s,\"description\":%s,\"parameters\":%s}}"
            .formatted(quote(name), quote(description), schema(name, "", shuffled));
  }

  /**
   * @param kind null: clean
   * @param site where a value is planted; SYSTEM for most
   */
  Log log(@Nullable VolatileKind kind, Site site, int requests, double share) {
    boolean anthropic = random.nextBoolean();
    int apps = 1 + random.nextInt(2);
    List<App> all = new ArrayList<>();
    for (int i = 0; i < apps; i++) {
      all.add(app());
    }
    App sick = all.getFirst();
    if (kind == VolatileKind.TOOL_ORDER
        || kind == VolatileKind.SCHEMA_KEY_ORDER
        || site == Site.TOOL) {
      while (sick.tools.size() < 3) {
        sick.tools.add(TOOLS[sick.tools.size()] + "_x");
      }
    }
    sick.hasSystem |= site == Site.SYSTEM;
    if (site == Site.MESSAGE) {
      sick.preamble = paragraph(6) + "\n\n";
    }
    List<BiFunction<PlantedLogs, Integer, String>> styles =
        styles(kind == null ? VolatileKind.UNKNOWN : kind);
    int style = random.nextInt(styles.size());
    String line = kind == null ? "" : one(lines(kind));
    if (kind == VolatileKind.USER_NAME && line.equals("user=@") && style == 0) {
      line = "User: @";
    }
    int where = random.nextInt(3);
    List<String> passages = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      passages.add(paragraph(2 + random.nextInt(2)));
    }
    boolean absent = random.nextBoolean();
    boolean numbered = random.nextBoolean();
    String kept = "";
    step = 20L + random.nextInt(400);
    users = 6 + random.nextInt(12);
    int turns = 1 + random.nextInt(5);
    List<Conversation> open = new ArrayList<>();
    List<App> of = new ArrayList<>();
    List<String> bodies = new ArrayList<>();
    List<String> values = new ArrayList<>();
    int change = random.nextInt(3) == 0 ? requests / 2 : -1;
    for (int i = 0; i < requests; i++) {
      if (i == change) {
        App changed = all.getLast();
        changed.system.set(changed.system.size() - 1, paragraph(2));
        changed.system.add(1, sentence());
        if (changed == sick && kind == VolatileKind.UNKNOWN) {
          change = -1;
        }
      }
      int which = random.nextInt(Math.max(1, open.size() + 1));
      Conversation conversation;
      App app;
      if (which >= open.size() || open.get(which).turn >= turns) {
        conversation = new Conversation();
        app = all.get(random.nextInt(apps));
        open.add(conversation);
        of.add(app);
        if (open.size() > 4) {
          open.removeFirst();
          of.removeFirst();
        }
      } else {
        conversation = open.get(which);
        app = of.get(which);
      }
      if (conversation.turn > 0) {
        conversation.messages.add(new Message("assistant", paragraph(2)));
      }
      conversation.messages.add(
          new Message(
              "user",
              "How about " + pick("abcdefghijk", 6) + "? " + paragraph(1 + random.nextInt(3))));
      conversation.turn++;
      boolean takesTurns = kind == VolatileKind.PARAMETER || kind == VolatileKind.IMAGE_TOGGLED;
      boolean on = app == sick && random.nextDouble() < (takesTurns ? 0.5 : share);
      String value = kind == null ? "" : styles.get(style).apply(this, i);
      String planted = on ? line.replace("@", value) : "";
      if (!on && !absent) {
        if (kept.isEmpty()) {
          kept = line.replace("@", value);
        }
        planted = kept;
      }
      values.add(on ? value : "");
      bodies.add(
          body(
              app,
              conversation,
              anthropic,
              app == sick ? kind : null,
              site,
              planted,
              where,
              on,
              passages,
              numbered));
    }
    return new Log(
        bodies,
        values,
        anthropic,
        kind == null ? null : new Defect(kind, site, line + "/" + style + "/" + where));
  }

  private String body(
      App app,
      Conversation conversation,
      boolean anthropic,
      @Nullable VolatileKind kind,
      Site site,
      String planted,
      int where,
      boolean on,
      List<String> passages,
      boolean numbered) {
    List<String> system = new ArrayList<>(app.system);
    String preamble = app.preamble;
    boolean value = kind != null && styles(kind).size() > 1;
    if (value && site == Site.SYSTEM && !planted.isEmpty()) {
      system.add(where == 0 ? 0 : where == 1 ? system.size() / 2 : system.size(), planted);
    }
    if (value && site == Site.MESSAGE && !planted.isEmpty()) {
      preamble = planted + "\n" + preamble;
    }
    if (kind == VolatileKind.RETRIEVAL_ORDER) {
      List<String> order = new ArrayList<>(passages);
      if (on) {
        Collections.shuffle(order, random);
      }
      for (int i = 0; i < order.size(); i++) {
        String text = (numbered ? "[" + (i + 1) + "] " : "") + order.get(i);
        if (site == Site.SYSTEM) {
          system.add(system.size() / 2, text);
        } else {
          preamble = text + "\n" + preamble;
        }
      }
    }
    List<String> tools = new ArrayList<>(app.tools);
    if (kind == VolatileKind.TOOL_ORDER && on) {
      Collections.shuffle(tools, random);
    }
    List<String> members = new ArrayList<>();
    members.add("\"model\":\"m-1\"");
    if (!tools.isEmpty()) {
      List<String> written = new ArrayList<>();
      for (int i = 0; i < tools.size(); i++) {
        boolean shuffled = kind == VolatileKind.SCHEMA_KEY_ORDER && on && i == 1;
        String description = "Does " + tools.get(i) + " for the caller, and nothing but that.";
        if (value && site == Site.TOOL && i == 1) {
          description = "Works well. " + planted + " Takes an id and some options, gives a list.";
        }
        written.add(tool(tools.get(i), anthropic, description, shuffled));
      }
      members.add("\"tools\":[" + String.join(",", written) + "]");
    }
    if (kind == VolatileKind.PARAMETER) {
      members.add(
          anthropic
              ? on ? "\"tool_choice\":{\"type\":\"any\"}" : "\"tool_choice\":{\"type\":\"auto\"}"
              : on ? "\"reasoning_effort\":\"high\"" : "\"reasoning_effort\":\"low\"");
    }
    String systemText = String.join("\n", system);
    List<String> messages = new ArrayList<>();
    if (app.hasSystem) {
      if (anthropic) {
        members.add("\"max_tokens\":100,\"system\":" + quote(systemText));
      } else {
        messages.add("{\"role\":\"system\",\"content\":" + quote(systemText) + "}");
      }
    }
    boolean first = true;
    for (Message message : conversation.messages) {
      String text = quote((first ? preamble : "") + message.text());
      if (first && kind == VolatileKind.IMAGE_TOGGLED && on) {
        String image =
            anthropic
                ? "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}"
                : "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.org/logo.png\"}}";
        text = "[" + image + ",{\"type\":\"text\",\"text\":" + text + "}]";
      }
      messages.add("{\"role\":\"" + message.role() + "\",\"content\":" + text + "}");
      first = false;
    }
    members.add("\"messages\":[" + String.join(",", messages) + "]");
    return "{" + String.join(",", members) + "}";
  }
}
