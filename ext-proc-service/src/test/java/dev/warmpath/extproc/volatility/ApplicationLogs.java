package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.extproc.prompt.Dialect;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Logs of made-up applications of many builds: agents that go on for one long conversation, support
 * desks with several at a time, batches of single questions, prompts without a system prompt, with
 * examples as messages, with hardly any words, in six dialects. Clean, or with one defect. Same
 * seed, same log.
 */
final class ApplicationLogs {

  enum Build {
    DESK,
    AGENT,
    SHORT_SYSTEM,
    NO_SYSTEM,
    EXAMPLES,
    SEVERAL_SYSTEMS,
    BATCH,
    MIXED
  }

  enum Spot {
    SYSTEM_START,
    SYSTEM_MIDDLE,
    SYSTEM_END,
    SYSTEM_JSON,
    OWN_SYSTEM,
    TOOL,
    FIRST_MESSAGE,
    HISTORY
  }

  /** What was planted. */
  record Defect(VolatileKind kind, Build build, Spot spot, String style) {}

  /**
   * A log.
   *
   * @param values what was planted in each request; empty: nothing
   */
  record Log(List<byte[]> bodies, List<String> values, Dialect dialect, @Nullable Defect defect) {}

  private record Part(String text, @Nullable String image) {}

  private record Turn(String role, List<Part> parts) {}

  private record Tool(String name, String description, Map<String, Object> schema) {}

  private static final class Request {
    final List<Tool> tools = new ArrayList<>();
    final List<String> systems = new ArrayList<>();
    final List<Turn> turns = new ArrayList<>();
    @Nullable Boolean on;
    boolean other;
    double temperature = -1;
  }

  /** What clean applications do. */
  private enum Habit {
    NONE,
    PASSAGES_FOR_EACH_QUESTION,
    TWO_VARIANTS,
    CANNED_ANSWERS,
    FORMS
  }

  private static final class App {
    Habit habit = Habit.NONE;
    List<String> pool = List.of();
    List<String> systems = new ArrayList<>();
    List<String> tools = new ArrayList<>();
    List<Turn> examples = new ArrayList<>();
    String preamble = "";
    String closing = "";
  }

  private static final class Chat {
    boolean variant;
    final App app;
    final String user;
    final List<Turn> turns = new ArrayList<>();

    Chat(App app, String user) {
      this.app = app;
      this.user = user;
    }
  }

  private static final List<String> GLUE =
      List.of(
          "the", "of", "and", "to", "in", "a", "is", "for", "on", "with", "that", "as", "are", "by",
          "it", "from", "or", "be", "at", "this", "not", "if", "has", "but", "when");
  private static final List<String> FIRST =
      List.of(
          "Maria", "Tomasz", "Wei", "Aisha", "Björn", "Chloé", "Rajesh", "Fatima", "Liam", "Noor",
          "Sofia", "Kwame", "Yuki", "Ivan", "Leila", "Oscar");
  private static final List<String> LAST =
      List.of(
          "Kowalski",
          "Chen",
          "Diallo",
          "Lindqvist",
          "Moreau",
          "Patel",
          "Rahman",
          "O'Connor",
          "Haddad",
          "Rossi",
          "Mensah",
          "Sato",
          "Petrova");

  private final Random random;
  private final List<String> vocabulary = new ArrayList<>();

  ApplicationLogs(long seed) {
    random = new Random(seed * 7919 + 13);
    List<String> syllables =
        List.of(
            "ba", "con", "der", "el", "fi", "gra", "hun", "in", "jo", "ka", "lem", "mor", "nis",
            "o", "pra", "qui", "ras", "sol", "tan", "u", "ver", "wil", "zet");
    for (int i = 0; i < 700; i++) {
      StringBuilder word = new StringBuilder();
      for (int s = 0; s < 2 + random.nextInt(3); s++) {
        word.append(one(syllables));
      }
      vocabulary.add(word.toString());
    }
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private String one(String... of) {
    return of[random.nextInt(of.length)];
  }

  private boolean chance(double share) {
    return random.nextDouble() < share;
  }

  private String words(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ").append(chance(0.4) ? one(GLUE) : one(vocabulary));
    }
    return text.toString();
  }

  private String sentence() {
    String text = words(5 + random.nextInt(12));
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + one(".", ".", ".", "?", "!");
  }

  private String text(int sentences) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sentences; i++) {
      text.append(i == 0 ? "" : chance(0.2) ? "\n\n" : chance(0.2) ? "\n- " : " ")
          .append(sentence());
    }
    return text.toString();
  }

  private String pick(String alphabet, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private App app(Build build) {
    App app = new App();
    switch (build) {
      case DESK, AGENT, BATCH, EXAMPLES, MIXED -> app.systems.add(text(4 + random.nextInt(25)));
      case SHORT_SYSTEM ->
          app.systems.add(one("You are a helpful assistant.", "Be brief and kind.", sentence()));
      case SEVERAL_SYSTEMS -> {
        for (int i = 0; i < 2 + random.nextInt(3); i++) {
          app.systems.add(text(2 + random.nextInt(8)));
        }
      }
      case NO_SYSTEM -> {}
    }
    if (build == Build.NO_SYSTEM || (build == Build.BATCH && chance(0.5))) {
      app.preamble = text(5 + random.nextInt(12)) + "\n\n";
    }
    if (build == Build.BATCH) {
      app.closing = chance(0.3) ? "\n\n" + text(3) : "";
    }
    if (build == Build.EXAMPLES) {
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        app.examples.add(new Turn("user", List.of(new Part(text(2), null))));
        app.examples.add(new Turn("assistant", List.of(new Part(text(2), null))));
      }
    }
    if (build == Build.AGENT || chance(0.4)) {
      for (int i = 0; i < 2 + random.nextInt(6); i++) {
        app.tools.add(one("get", "find", "send", "list", "open") + "_" + one(vocabulary) + i);
      }
    }
    return app;
  }

  // What is planted.

  private interface Style {
    String value(int request, Chat chat);
  }

  private ZonedDateTime at(long seconds) {
    return Instant.ofEpochSecond(1_760_000_000L + seconds).atZone(ZoneOffset.ofHours(2));
  }

  private record Written(String line, Style style) {}

  private static Written written(String line, Style style) {
    return new Written(line, style);
  }

  private List<Written> styles(VolatileKind kind) {
    String hex = "0123456789abcdef";
    int step = 5 + random.nextInt(400);
    int base = random.nextInt(90_000);
    int stride = 1 + random.nextInt(9);
    return switch (kind) {
      case TIME_STAMP ->
          List.of(
              written("Current time: @", (i, _) -> at((long) i * step).toString()),
              written("It is @ now.", time(step, "EEEE, MMMM d, yyyy h:mm a")),
              written("<now>@</now>", time(step, "yyyy-MM-dd HH:mm:ss")),
              written("ts=@", (i, _) -> Long.toString(1_760_000_000L + (long) i * step)),
              written("\"now\": \"@\",", time(step, "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")),
              written("Local time @ (Berlin)", time(step, "HH:mm")));
      case DATE ->
          List.of(
              written("Today's date: @.", time(40_000 + step * 100, "yyyy-MM-dd")),
              written("Heute ist der @.", time(60_000, "dd.MM.yyyy")),
              written("Today is @", time(50_000, "EEEE, MMMM d, yyyy")),
              written("<env>\ndate: @\n</env>", time(45_000, "EEE MMM dd yyyy")));
      case UUID ->
          List.of(
              written("Session: @", (_, _) -> uuid()),
              written("urn:uuid:@", (_, _) -> uuid()),
              written("{\"conversation_id\": \"@\", \"channel\": \"web\"}", (_, _) -> uuid()),
              written("(trace @)", (_, _) -> uuid().toUpperCase(Locale.ROOT)),
              written("<request id=\"@\"/>", (_, _) -> uuid()),
              written("Write files to /tmp/runs/@/out.", (_, _) -> uuid()),
              written("id: @", (_, _) -> uuid().replace("-", "")));
      case COUNTER ->
          List.of(
              written("Request #@", (i, _) -> Integer.toString(base + i)),
              written("Step @ of 80.", (i, _) -> Integer.toString(i + 1)),
              written("Remaining budget: @ tokens", (i, _) -> Integer.toString(200_000 - i * 311)),
              written("You have @ calls left.", (i, _) -> Integer.toString(90 - i)),
              written("attempt=@", (i, _) -> Integer.toString(100 + i * stride)),
              written("Message no. @ in this queue", (i, _) -> "%05d".formatted(base + i * stride)),
              written("Build run-@", (i, _) -> Integer.toString(900 + i)));
      case RANDOM_ID ->
          List.of(
              written("Request id: @", (_, _) -> pick(hex, 16)),
              written("trace=@", (_, _) -> pick(hex, 32)),
              written("Session @", (_, _) -> "sess_" + pick(hex + "ghijkmnpqrstuvwxyz", 20)),
              written("nonce @ end", (_, _) -> base64(12)),
              written("Working directory: /tmp/job-@/src", (_, _) -> pick(hex, 8)),
              written("Call reference @.", (_, _) -> pick("123456789", 9)),
              written("[ref:@]", (_, _) -> pick("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 6)),
              written("job-@", (_, _) -> pick("abcdefghijklmnopqrstuvwxyz0123456789", 10)),
              written("etag \"@\"", (_, _) -> pick(hex, 40)));
      case USER_NAME ->
          List.of(
              written("The user's name is @.", (_, chat) -> chat.user),
              written("You are talking to @ today.", (_, chat) -> chat.user),
              written("User: @", (_, chat) -> mail(chat.user)),
              written("customer_id: @", (_, chat) -> number(chat.user, 7)),
              written("Account @", (_, chat) -> "ACC-" + number(chat.user, 6)),
              written("{\"user\": {\"name\": \"@\", \"plan\": \"pro\"}}", (_, chat) -> chat.user),
              written(
                  "Greet @ by name.", (_, chat) -> chat.user.substring(0, chat.user.indexOf(' '))),
              written("## Profile\nName: @\nTimezone: CET", (_, chat) -> chat.user));
      default -> List.of(written("@", (_, _) -> ""));
    };
  }

  private Style time(long step, String pattern) {
    DateTimeFormatter format = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH);
    return (i, _) -> format.format(at(i * step));
  }

  private static String mail(String user) {
    return user.toLowerCase(Locale.ROOT).replaceAll("[^a-z ]", "").replace(' ', '.') + "@mail.test";
  }

  private static String number(String user, int digits) {
    long number = Math.abs(user.hashCode() * 2_654_435_761L);
    return ("9" + number).substring(0, digits);
  }

  private String uuid() {
    return new UUID(
            (random.nextLong() & ~0xF000L) | 0x4000L,
            (random.nextLong() & ~(3L << 62)) | (1L << 63))
        .toString();
  }

  private String base64(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  // How it is put together.

  private List<Spot> spots(VolatileKind kind, Build build) {
    boolean system = build != Build.NO_SYSTEM;
    return switch (kind) {
      case TIME_STAMP, DATE, UUID, COUNTER, RANDOM_ID, USER_NAME -> {
        List<Spot> spots = new ArrayList<>();
        if (system) {
          spots.addAll(List.of(Spot.SYSTEM_START, Spot.SYSTEM_MIDDLE, Spot.SYSTEM_END));
          spots.addAll(List.of(Spot.SYSTEM_JSON, Spot.OWN_SYSTEM, Spot.TOOL));
        }
        if (build == Build.NO_SYSTEM || build == Build.BATCH) {
          spots.add(Spot.FIRST_MESSAGE);
          spots.add(Spot.FIRST_MESSAGE);
        }
        if (build == Build.AGENT && kind != VolatileKind.USER_NAME) {
          spots.add(Spot.HISTORY);
          spots.add(Spot.HISTORY);
        }
        yield spots;
      }
      case RETRIEVAL_ORDER ->
          system && chance(0.6)
              ? List.of(Spot.SYSTEM_MIDDLE, Spot.SYSTEM_END)
              : List.of(Spot.FIRST_MESSAGE);
      case IMAGE_TOGGLED ->
          build == Build.AGENT ? List.of(Spot.HISTORY) : List.of(Spot.FIRST_MESSAGE);
      case TOOL_ORDER, SCHEMA_KEY_ORDER, PARAMETER, UNKNOWN -> List.of(Spot.TOOL);
    };
  }

  Log log(@Nullable VolatileKind kind) {
    Build build = one(List.of(Build.values()));
    if (build == Build.AGENT && kind == VolatileKind.USER_NAME) {
      build = Build.DESK; // An agent has but one user.
    }
    Dialect dialect =
        one(
            List.of(
                Dialect.OPENAI_CHAT,
                Dialect.OPENAI_CHAT,
                Dialect.ANTHROPIC_MESSAGES,
                Dialect.BEDROCK_CONVERSE,
                Dialect.GEMINI,
                Dialect.OPENAI_RESPONSES));
    List<App> apps = new ArrayList<>(List.of(app(build)));
    if (build == Build.MIXED) {
      for (int i = 0; i < 1 + random.nextInt(2); i++) {
        Build other = one(List.of(Build.values()));
        apps.add(app(other == Build.MIXED ? Build.AGENT : other));
      }
      if (chance(0.3)) { // Two that share their beginning.
        apps.get(1).systems.add(0, apps.getFirst().systems.getFirst());
      }
    }
    for (App app : apps) {
      if (kind == null) {
        app.habit = one(List.of(Habit.values()));
        app.pool = passages();
      }
    }
    App sick = apps.getFirst();
    Spot spot = kind == null ? Spot.TOOL : one(spots(kind, build));
    if (dialect != Dialect.OPENAI_CHAT && spot == Spot.OWN_SYSTEM) {
      spot = Spot.SYSTEM_END;
    }
    boolean needsTools =
        kind == VolatileKind.TOOL_ORDER
            || kind == VolatileKind.SCHEMA_KEY_ORDER
            || (kind != null && spot == Spot.TOOL && kind != VolatileKind.PARAMETER);
    while (needsTools && sick.tools.size() < 3) {
      sick.tools.add("tool_" + one(vocabulary) + sick.tools.size());
    }
    if (spot == Spot.FIRST_MESSAGE && kind != VolatileKind.IMAGE_TOGGLED) {
      sick.preamble = text(4 + random.nextInt(8)) + "\n\n";
      if (kind != VolatileKind.RETRIEVAL_ORDER) {
        sick.closing = "";
      }
    }
    List<Written> styles = styles(kind == null ? VolatileKind.UNKNOWN : kind);
    int style = random.nextInt(styles.size());
    double density =
        kind == VolatileKind.IMAGE_TOGGLED || kind == VolatileKind.PARAMETER
            ? 0.5
            : one(List.of(1.0, 1.0, 0.6));
    Planting planting = new Planting(spot, styles.get(style), density, sick, passages());
    planting.place = 1 + random.nextInt(3);
    planting.format = random.nextInt(6);
    planting.absent = chance(0.5);
    int requests = 14 + random.nextInt(45) + (build == Build.MIXED ? 20 : 0);
    int open = build == Build.AGENT ? 1 : build == Build.BATCH ? 100 : 1 + random.nextInt(5);
    int maxTurns = build == Build.AGENT ? 100 : build == Build.BATCH ? 1 : 1 + random.nextInt(6);
    List<String> users = new ArrayList<>();
    for (int i = 0; i < 6 + random.nextInt(30); i++) {
      users.add(one(FIRST) + " " + one(LAST));
    }
    List<Chat> chats = new ArrayList<>();
    List<byte[]> bodies = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      Chat chat = chats.size() < open || chance(0.2) ? null : one(chats);
      if (build == Build.AGENT && !chats.isEmpty()) {
        chat = chats.getLast();
      }
      if (chat == null || chat.turns.size() >= 2 * maxTurns - 1) {
        chats.remove(chat);
        chat = new Chat(one(apps), one(users));
        chat.variant = chance(0.5);
        chats.add(chat);
        if (chats.size() > 8) {
          chats.removeFirst();
        }
      }
      boolean retry = !chat.turns.isEmpty() && chance(0.04);
      if (!retry) {
        if (!chat.turns.isEmpty()) {
          chat.turns.add(
              new Turn(
                  "assistant",
                  List.of(
                      new Part(
                          chat.app.habit == Habit.CANNED_ANSWERS && chance(0.5)
                              ? one(
                                  "Sure.",
                                  "Thank you for your message. Please tell me the number of your"
                                      + " order, and I shall look at once where it is.")
                              : text(1 + random.nextInt(4)),
                          null))));
        }
        String image = chance(0.08) ? "own" + random.nextInt(1000) : null;
        chat.turns.add(new Turn("user", List.of(new Part(question(chat), image))));
      }
      Request request = new Request();
      values.add(fill(request, chat, i, planting, kind));
      bodies.add(Dialects.body(dialect, request).getBytes(UTF_8));
    }
    return new Log(
        bodies,
        values,
        dialect,
        kind == null
            ? null
            : new Defect(
                kind,
                build,
                spot,
                styles.get(style).line + "/" + density + "/" + planting.format + "/" + requests));
  }

  private String question(Chat chat) {
    if (chat.app.habit == Habit.PASSAGES_FOR_EACH_QUESTION) {
      List<String> found = new ArrayList<>(chat.app.pool);
      Collections.shuffle(found, random);
      return "Sources:\n"
          + String.join("\n\n", found.subList(0, Math.min(found.size() - 1, 3 + random.nextInt(2))))
          + "\n\nQuestion: "
          + sentence();
    }
    if (chat.app.habit == Habit.FORMS) {
      return "Name: %s\nMail: %s\nOrder: %d\nDate: %s\n\n%s"
          .formatted(
              chat.user,
              mail(chat.user),
              random.nextInt(1_000_000),
              at(random.nextInt(1_000_000)),
              text(2));
    }
    return switch (random.nextInt(12)) {
      case 0 -> "ok";
      case 1 -> "Thanks! " + sentence();
      case 2 -> "My order " + random.nextInt(1_000_000) + ": " + text(2);
      case 3 ->
          "On "
              + at(random.nextInt(10_000_000)).toLocalDate()
              + " I, "
              + chat.user
              + ", "
              + words(9)
              + ".";
      case 4 ->
          "```\ncommit "
              + pick("0123456789abcdef", 40)
              + "\nfix "
              + words(4)
              + "\n```\n"
              + sentence();
      case 5 -> text(20 + random.nextInt(30));
      default -> text(1 + random.nextInt(4));
    };
  }

  private List<String> passages() {
    List<String> passages = new ArrayList<>();
    int length = 1 + random.nextInt(4);
    for (int i = 0; i < 3 + random.nextInt(6); i++) {
      passages.add(text(length).replace("\n- ", " ").replace("\n\n", " "));
    }
    return passages;
  }

  private static final class Planting {
    final Spot spot;
    final Written written;
    final double density;
    final App sick;
    final List<String> passages;
    int place;
    int format;
    boolean absent;
    String kept = "";

    Planting(Spot spot, Written written, double density, App sick, List<String> passages) {
      this.spot = spot;
      this.written = written;
      this.density = density;
      this.sick = sick;
      this.passages = passages;
    }
  }

  /** Puts a request together; what was planted in it, or empty. */
  private String fill(
      Request request, Chat chat, int i, Planting planting, @Nullable VolatileKind kind) {
    App app = chat.app;
    boolean sick = app == planting.sick && kind != null;
    boolean on = sick && chance(planting.density);
    String value = sick ? planting.written.style.value(i, chat) : "";
    boolean isValue = sick && !value.isEmpty();
    String line = on && isValue ? planting.written.line.replace("@", value) : "";
    if (isValue && !on && !planting.absent) {
      if (planting.kept.isEmpty()) {
        planting.kept = planting.written.line.replace("@", value);
      }
      line = planting.kept;
    }
    if (sick && kind == VolatileKind.RETRIEVAL_ORDER) {
      line = passages(planting, on);
    }
    List<String> systems = new ArrayList<>(app.systems);
    if (app.habit == Habit.TWO_VARIANTS && !systems.isEmpty()) {
      systems.set(
          0,
          (chat.variant
                  ? "Version 2 of 2026-03-01. Answer in short. "
                  : "Version 1 of 2025-11-07. ")
              + systems.getFirst());
    }
    String preamble = app.preamble;
    if (!line.isEmpty()) {
      switch (planting.spot) {
        case SYSTEM_START -> systems.set(0, line + "\n" + systems.getFirst());
        case SYSTEM_MIDDLE -> {
          String all = systems.getFirst();
          int cut = all.indexOf(' ', all.length() / 2);
          cut = cut < 0 ? all.length() : cut;
          systems.set(0, all.substring(0, cut) + "\n" + line + "\n" + all.substring(cut).strip());
        }
        case SYSTEM_END -> systems.set(systems.size() - 1, systems.getLast() + "\n\n" + line);
        case SYSTEM_JSON ->
            systems.set(
                0,
                systems.getFirst()
                    + "\n{\"env\":\"prod\",\"note\":\""
                    + line
                    + "\",\"lang\":\"en\"}\n"
                    + "Obey.");
        case OWN_SYSTEM -> systems.add(Math.min(systems.size(), planting.place - 1), line);
        case FIRST_MESSAGE -> {
          int cut = planting.place == 1 ? 0 : preamble.indexOf(' ', preamble.length() / 4) + 1;
          preamble = preamble.substring(0, cut) + "\n" + line + "\n" + preamble.substring(cut);
        }
        case TOOL, HISTORY -> {}
      }
    }
    request.systems.addAll(systems);
    List<String> tools = new ArrayList<>(app.tools);
    if (on && kind == VolatileKind.TOOL_ORDER) {
      Collections.shuffle(tools, random);
    }
    for (int t = 0; t < tools.size(); t++) {
      boolean shuffled = on && kind == VolatileKind.SCHEMA_KEY_ORDER;
      String note = sick && planting.spot == Spot.TOOL && t == 1 ? line : "";
      request.tools.add(tool(tools.get(t), note, shuffled));
    }
    if (sick && kind == VolatileKind.PARAMETER) {
      request.on = on;
      request.other = planting.format % 2 == 0;
    }
    if (kind == null && app.tools.size() % 2 == 1) {
      request.temperature = random.nextInt(10) / 10.0;
    }
    List<Turn> turns = new ArrayList<>(app.examples);
    for (int t = 0; t < chat.turns.size(); t++) {
      Turn turn = chat.turns.get(t);
      List<Part> parts = new ArrayList<>(turn.parts);
      if (t == 0) {
        String image = parts.getFirst().image;
        if (sick && kind == VolatileKind.IMAGE_TOGGLED && on) {
          image = planting.spot == Spot.HISTORY ? chat.user : "logo";
        }
        String text = parts.getFirst().text;
        if (!line.isEmpty() && planting.spot == Spot.HISTORY) {
          text = planting.place == 1 ? text + "\n" + line : line + "\n" + text;
        }
        parts.set(0, new Part(preamble + text + app.closing, image));
      }
      turns.add(new Turn(turn.role, parts));
    }
    request.turns.addAll(turns);
    return on ? value : "";
  }

  private String passages(Planting planting, boolean on) {
    List<String> order = new ArrayList<>(planting.passages);
    if (on) {
      Collections.shuffle(order, random);
    }
    if (on && order.size() >= 6 && planting.place == 2) {
      order.set(random.nextInt(order.size()), text(2).replace('\n', ' '));
    }
    StringBuilder text = new StringBuilder("Context:\n");
    for (int i = 0; i < order.size(); i++) {
      String passage = order.get(i);
      int id = planting.passages.indexOf(passage);
      text.append(
          switch (planting.format) {
            case 0 -> (i + 1) + ". " + passage + "\n";
            case 1 ->
                "<document index=\""
                    + (i + 1)
                    + "\">\n<source>doc"
                    + id
                    + ".md</source>\n"
                    + passage
                    + "\n</document>\n";
            case 2 -> "## Result " + id + "\n\n" + passage + "\n\n";
            case 3 ->
                (i == 0 ? "[" : ",")
                    + "{\"id\":"
                    + id
                    + ",\"text\":\""
                    + passage
                    + "\"}"
                    + (i == order.size() - 1 ? "]" : "");
            case 4 -> passage + "\n---\n";
            default ->
                "Source ["
                    + i
                    + "] (score 0."
                    + (900 - 7 * i - random.nextInt(7))
                    + "): "
                    + passage
                    + "\n\n";
          });
    }
    return text.toString();
  }

  private Tool tool(String name, String note, boolean shuffled) {
    Random fixed = new Random(name.hashCode());
    List<String> members =
        new ArrayList<>(
            List.of("query", "limit", "mode", "deep", "lang").subList(0, 2 + fixed.nextInt(4)));
    if (shuffled) {
      Collections.shuffle(members, random);
    }
    Map<String, Object> properties = new LinkedHashMap<>();
    for (String member : members) {
      Map<String, Object> type = new LinkedHashMap<>();
      type.put("type", member.equals("limit") ? "integer" : "string");
      type.put("description", "The " + member + " of " + name);
      properties.put(member, type);
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", List.of("query"));
    String more = note.isEmpty() ? "." : ". " + note;
    return new Tool(name, "Does what " + name + " says" + more + " Returns a list.", schema);
  }

  /** How each dialect writes a request. */
  private static final class Dialects {

    static String body(Dialect dialect, Request request) {
      Map<String, Object> body = new LinkedHashMap<>();
      if (dialect != Dialect.GEMINI) {
        body.put("model", "m");
      }
      List<Object> tools = new ArrayList<>();
      for (Tool tool : request.tools) {
        tools.add(tool(dialect, tool));
      }
      if (!tools.isEmpty()) {
        switch (dialect) {
          case BEDROCK_CONVERSE -> body.put("toolConfig", Map.of("tools", tools));
          case GEMINI -> body.put("tools", List.of(Map.of("functionDeclarations", tools)));
          default -> body.put("tools", tools);
        }
      }
      parameters(dialect, request, body);
      List<Object> messages = new ArrayList<>();
      List<Object> systems = new ArrayList<>();
      for (String system : request.systems) {
        switch (dialect) {
          case OPENAI_CHAT -> messages.add(message("system", system));
          case ANTHROPIC_MESSAGES -> systems.add(ordered("type", "text", "text", system));
          default -> systems.add(Map.of("text", system));
        }
      }
      for (Turn turn : request.turns) {
        messages.add(turn(dialect, turn));
      }
      switch (dialect) {
        case OPENAI_CHAT -> body.put("messages", messages);
        case OPENAI_RESPONSES -> {
          if (!request.systems.isEmpty()) {
            body.put("instructions", String.join("\n", request.systems));
          }
          body.put("input", messages);
        }
        case GEMINI -> {
          if (!systems.isEmpty()) {
            body.put("systemInstruction", Map.of("parts", systems));
          }
          body.put("contents", messages);
        }
        default -> {
          if (!systems.isEmpty()) {
            body.put("system", systems);
          }
          if (dialect == Dialect.ANTHROPIC_MESSAGES) {
            body.put("max_tokens", 99);
          }
          body.put("messages", messages);
        }
      }
      StringBuilder json = new StringBuilder();
      write(body, json);
      return json.toString();
    }

    private static void parameters(Dialect dialect, Request request, Map<String, Object> body) {
      if (request.temperature >= 0
          && dialect != Dialect.GEMINI
          && dialect != Dialect.BEDROCK_CONVERSE) {
        body.put("temperature", request.temperature);
      }
      Boolean given = request.on;
      if (given == null) {
        return;
      }
      boolean on = given;
      boolean even = request.other;
      switch (dialect) {
        case OPENAI_CHAT -> {
          if (even && on) {
            body.put("response_format", Map.of("type", "json_object"));
          } else if (!even) {
            body.put("reasoning_effort", on ? "high" : "low");
          }
        }
        case ANTHROPIC_MESSAGES -> {
          if (on) {
            body.put("thinking", ordered("type", "enabled", "budget_tokens", 2000));
          }
        }
        case BEDROCK_CONVERSE -> {
          if (on) {
            body.put("additionalModelRequestFields", Map.of("thinking", Map.of("type", "enabled")));
          }
        }
        case GEMINI ->
            body.put(
                "generationConfig",
                Map.of("thinkingConfig", Map.of("thinkingBudget", on ? 100 : 0)));
        default -> body.put("reasoning", Map.of("effort", on ? "high" : "low"));
      }
    }

    private static Map<String, Object> ordered(Object... members) {
      Map<String, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < members.length; i += 2) {
        map.put((String) members[i], members[i + 1]);
      }
      return map;
    }

    private static Map<String, Object> message(String role, String text) {
      return ordered("role", role, "content", text);
    }

    private static Object tool(Dialect dialect, Tool tool) {
      String name = tool.name;
      String description = tool.description;
      Map<String, Object> schema = tool.schema;
      return switch (dialect) {
        case OPENAI_CHAT ->
            ordered(
                "type",
                "function",
                "function",
                ordered("name", name, "description", description, "parameters", schema));
        case ANTHROPIC_MESSAGES ->
            ordered("name", name, "description", description, "input_schema", schema);
        case BEDROCK_CONVERSE ->
            Map.of(
                "toolSpec",
                ordered(
                    "name",
                    name,
                    "description",
                    description,
                    "inputSchema",
                    Map.of("json", schema)));
        case GEMINI -> ordered("name", name, "description", description, "parameters", schema);
        default ->
            ordered(
                "type", "function", "name", name, "description", description, "parameters", schema);
      };
    }

    private static Object turn(Dialect dialect, Turn turn) {
      boolean model = turn.role.equals("assistant");
      List<Object> parts = new ArrayList<>();
      for (Part part : turn.parts) {
        if (part.image != null) {
          String data = Base64.getEncoder().encodeToString(part.image.getBytes(UTF_8));
          parts.add(
              switch (dialect) {
                case OPENAI_CHAT ->
                    ordered(
                        "type",
                        "image_url",
                        "image_url",
                        Map.of("url", "data:image/png;base64," + data));
                case ANTHROPIC_MESSAGES ->
                    ordered(
                        "type",
                        "image",
                        "source",
                        ordered("type", "base64", "media_type", "image/png", "data", data));
                case BEDROCK_CONVERSE ->
                    Map.of("image", ordered("format", "png", "source", Map.of("bytes", data)));
                case GEMINI -> Map.of("inlineData", ordered("mimeType", "image/png", "data", data));
                default ->
                    ordered("type", "input_image", "image_url", "data:image/png;base64," + data);
              });
        }
        parts.add(
            switch (dialect) {
              case OPENAI_CHAT, ANTHROPIC_MESSAGES -> ordered("type", "text", "text", part.text);
              case OPENAI_RESPONSES ->
                  ordered("type", model ? "output_text" : "input_text", "text", part.text);
              default -> Map.of("text", part.text);
            });
      }
      return dialect == Dialect.GEMINI
          ? ordered("role", model ? "model" : "user", "parts", parts)
          : ordered("role", turn.role, "content", parts);
    }

    private static void write(Object value, StringBuilder json) {
      switch (value) {
        case Map<?, ?> map -> {
          json.append('{');
          map.forEach(
              (key, member) -> {
                json.append(json.charAt(json.length() - 1) == '{' ? "" : ",");
                write(key, json);
                json.append(':');
                write(member, json);
              });
          json.append('}');
        }
        case List<?> list -> {
          json.append('[');
          for (Object element : list) {
            json.append(json.charAt(json.length() - 1) == '[' ? "" : ",");
            write(element, json);
          }
          json.append(']');
        }
        case String text ->
            json.append('"')
                .append(text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"))
                .append('"');
        default -> json.append(value);
      }
    }
  }
}
