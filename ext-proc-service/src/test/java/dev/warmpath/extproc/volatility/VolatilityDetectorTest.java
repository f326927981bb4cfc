package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolatilityDetectorTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String RULES =
      "Answer in plain words and keep to what the handbook says. Never promise a refund. If a case"
          + " is unclear, ask one question back. Close each answer with a friendly line.";
  private static final String MORE =
      "Orders can be cancelled within two days. Parcels are tracked by the carrier's page.";

  private final Random random = new Random(7);
  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 24, 64, 10_000));
  private final Prompt prompt = new Prompt();
  private final Prompt decoded = new Prompt();
  private VolatilityDetector detector = new VolatilityDetector(settings(16, 1 << 20), 42);
  private long nowNanos;

  private static DetectorSettings settings(int maxShapes, long maxKeptWords) {
    return new DetectorSettings(4, maxShapes, 32, 8192, maxKeptWords, 3, 3600 * SECOND);
  }

  private void observe(String body) {
    observe(body, 4, Double.NaN);
  }

  private void observe(String body, double bytesPerToken, double usdPerMillion) {
    observe(Dialect.OPENAI_CHAT, body, bytesPerToken, usdPerMillion);
  }

  private void observe(Dialect dialect, String body, double bytesPerToken, double usdPerMillion) {
    byte[] bytes = body.getBytes(UTF_8);
    assertThat(scanner.scan(bytes, bytes.length, dialect, prompt)).isEqualTo(Verdict.OK);
    prompt.decodeInto(decoded);
    detector.observe(
        new Arrival("r", "s", "m", bytesPerToken, usdPerMillion, 1), decoded, nowNanos);
    nowNanos += SECOND;
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  private static String chat(String system, String user) {
    return "{\"messages\":[{\"role\":\"system\",\"content\":%s},{\"role\":\"user\",\"content\":%s}]}"
        .formatted(quote(system), quote(user));
  }

  private static String chat(String user) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":%s}]}".formatted(quote(user));
  }

  /** What no other request says. */
  private String question() {
    StringBuilder text = new StringBuilder("Why");
    for (int i = 0; i < 12; i++) {
      text.append(' ').append(word());
    }
    return text.append('?').toString();
  }

  private String word() {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < 3 + random.nextInt(6); i++) {
      word.append((char) ('a' + random.nextInt(26)));
    }
    return word.toString();
  }

  private void observeAll(int count, IntFunction<String> bodies) {
    for (int i = 0; i < count; i++) {
      observe(bodies.apply(i));
    }
  }

  private List<Finding> systems(int count, IntFunction<String> systems) {
    observeAll(count, i -> chat(systems.apply(i), question()));
    return detector.findings();
  }

  private void assertFinding(VolatileKind kind, Site site, int index, int offset) {
    List<Finding> findings = detector.findings();
    assertThat(findings).extracting(Finding::kind).containsExactly(kind);
    Finding finding = findings.getFirst();
    assertThat(finding.site()).isEqualTo(site);
    assertThat(finding.index()).isEqualTo(index);
    assertThat(finding.offset()).isEqualTo(offset);
  }

  @Test
  void system_timeInFront_namesKindAndPlace() {
    systems(12, i -> "It is 2026-11-21T13:%02d:07Z. ".formatted(20 + i) + RULES);

    assertFinding(VolatileKind.TIME_STAMP, Site.SYSTEM, 0, 6);
    Finding finding = detector.findings().getFirst();
    assertThat(finding.name()).isEqualTo("time_stamp at system[0]+6");
    assertThat(finding.share()).isEqualTo(1.0);
    assertThat(finding.length()).isEqualTo(20);
  }

  @Test
  void finding_allRequestsPart_losesWhatStandsBehindInTokensAndMoney() {
    String behind = ". " + RULES;
    for (int i = 0; i < 41; i++) {
      observe(chat("It is 13:%02d:07".formatted(10 + i) + behind, question()), 4, 3);
    }

    Finding finding = detector.findings().getFirst();
    double tokens = behind.length() / 4.0;
    assertThat(finding.tokensLostPerRequest()).isEqualTo(tokens, Offset.offset(0.01));
    // 41 requests in 40 s.
    double perHour = tokens * 41 * 90;
    assertThat(finding.tokensLostPerHour().orElseThrow()).isEqualTo(perHour, Offset.offset(1.0));
    assertThat(finding.usdLostPerHour().orElseThrow())
        .isEqualTo(perHour * 3 / 1e6, Offset.offset(0.001));
  }

  @Test
  void finding_priceUnknown_costIsUnknownAndNotZero() {
    systems(12, i -> "It is 13:%02d. ".formatted(20 + i) + RULES);

    assertThat(detector.findings().getFirst().usdLostPerHour()).isEmpty();
  }

  @Test
  void finding_noTime_lossPerHourIsUnknown() {
    for (int i = 0; i < 12; i++) {
      nowNanos = 0;
      observe(chat("It is 13:%02d. ".formatted(20 + i) + RULES, question()));
    }

    assertThat(detector.findings().getFirst().tokensLostPerHour()).isEmpty();
    assertThat(detector.findings().getFirst().tokensLostPerRequest()).isPositive();
  }

  @Test
  void system_dayInWords_isADate() {
    String[] days = {"Monday, 16", "Tuesday, 17", "Wednesday, 18", "Thursday, 19"};
    systems(40, i -> RULES + " Today is " + days[i / 10] + " November 2026. " + MORE);

    assertFinding(VolatileKind.DATE, Site.SYSTEM, 0, RULES.length() + 10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"You have answered %d out of 500 questions. ", "Ticket 2026-%d. "})
  void system_numberBesideWhatMayBeAMonthOrAYear_isNoDate(String line) {
    systems(40, i -> line.formatted(117 + i) + RULES);

    assertThat(detector.findings())
        .extracting(Finding::kind)
        .isNotEmpty()
        .doesNotContain(VolatileKind.DATE, VolatileKind.TIME_STAMP);
  }

  @Test
  void system_numberThatGoesUp_isACounter() {
    systems(12, i -> "Request %05d\n".formatted(40 + i) + RULES);

    assertFinding(VolatileKind.COUNTER, Site.SYSTEM, 0, 8);
  }

  @Test
  void system_numberWithoutOrder_isARandomId() {
    systems(20, _ -> "Session %d\n".formatted(10_000_000 + random.nextInt(80_000_000)) + RULES);

    assertFinding(VolatileKind.RANDOM_ID, Site.SYSTEM, 0, 8);
  }

  @Test
  void system_numberOfAUser_isAUserName() {
    int[] users = {48213, 10442, 99120, 56011, 73370};
    systems(30, _ -> "You are talking to %d.\n".formatted(users[random.nextInt(5)]) + RULES);

    assertFinding(VolatileKind.USER_NAME, Site.SYSTEM, 0, 19);
  }

  @Test
  void system_uuid_isAUuid() {
    systems(
        12,
        _ ->
            RULES
                + " Trace: "
                + new java.util.UUID((random.nextLong() & ~0xF000L) | 0x4000L, random.nextLong())
                + "\n"
                + MORE);

    assertFinding(VolatileKind.UUID, Site.SYSTEM, 0, RULES.length() + 8);
  }

  @Test
  void system_lineThatIsOftenMissing_isFound() {
    systems(
        40,
        i ->
            RULES
                + (random.nextInt(10) < 6 ? "\nClock: 08:%02d".formatted(10 + i) : "")
                + "\n"
                + MORE);

    assertFinding(VolatileKind.TIME_STAMP, Site.SYSTEM, 0, RULES.length() + 8);
  }

  @Test
  void passages_inAnotherOrder_areFoundThoughTheyAreNumbered() {
    List<String> passages =
        List.of(
            "The warranty covers two years of normal use",
            "Batteries must be returned to the shop",
            "Repairs take ten working days at most",
            "Spare parts are kept for seven years");
    systems(
        30,
        _ -> {
          List<String> shuffled = new ArrayList<>(passages);
          Collections.shuffle(shuffled, random);
          StringBuilder text = new StringBuilder(RULES).append("\n");
          for (int i = 0; i < 4; i++) {
            text.append("[").append(i + 1).append("] ").append(shuffled.get(i)).append("\n");
          }
          return text + MORE;
        });

    assertFinding(VolatileKind.RETRIEVAL_ORDER, Site.SYSTEM, 0, RULES.length() + 5);
  }

  private static String tool(String name, String properties) {
    return "{\"type\":\"function\",\"function\":{\"name\":\"%s\",\"parameters\":{%s}}}"
        .formatted(name, properties);
  }

  private String withTools(String parameters, String... tools) {
    return "{\"tools\":[%s],%s\"messages\":[{\"role\":\"system\",\"content\":%s},{\"role\":\"user\",\"content\":%s}]}"
        .formatted(String.join(",", tools), parameters, quote(RULES), quote(question()));
  }

  @Test
  void tools_twoTakeTurns_isToolOrder() {
    String find = tool("find", "\"a\":1");
    String send = tool("send", "\"b\":2");
    String list = tool("list", "\"c\":3");
    observeAll(
        20,
        _ ->
            random.nextBoolean()
                ? withTools("", list, find, send)
                : withTools("", list, send, find));

    assertFinding(VolatileKind.TOOL_ORDER, Site.TOOL, 1, 0);
  }

  @Test
  void schema_keysTakeTurns_isSchemaKeyOrder() {
    String find = tool("find", "\"a\":1");
    String one = tool("send", "\"b\":2,\"d\":{\"e\":[1,2]}");
    String other = tool("send", "\"d\":{\"e\":[1,2]},\"b\":2");
    observeAll(20, _ -> withTools("", find, random.nextBoolean() ? one : other));

    List<Finding> findings = detector.findings();
    assertThat(findings).extracting(Finding::kind).containsExactly(VolatileKind.SCHEMA_KEY_ORDER);
    assertThat(findings.getFirst().index()).isEqualTo(1);
  }

  @Test
  void parameter_takesTurns_isNamed() {
    observeAll(
        20,
        _ ->
            withTools(
                "\"tool_choice\":\"" + (random.nextBoolean() ? "auto" : "none") + "\",",
                tool("find", "\"a\":1")));

    assertThat(detector.findings())
        .extracting(Finding::name)
        .containsExactly("parameter at tool_choice");
  }

  @Test
  void parameter_changedOnce_isNone() {
    observeAll(
        40,
        i ->
            withTools(
                "\"tool_choice\":\"" + (i < 20 ? "auto" : "none") + "\",",
                tool("find", "\"a\":1")));

    assertThat(detector.findings()).isEmpty();
  }

  private static String withImage(String url, String text) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":%s}},{\"type\":\"text\",\"text\":%s}]}]}"
        .formatted(quote(url), quote(text));
  }

  @Test
  void preamble_sameImageComesAndGoes_isImageToggled() {
    observeAll(
        30,
        _ -> {
          String text = RULES + "\n" + question();
          return random.nextBoolean() ? withImage("http://a/logo.png", text) : chat(text);
        });

    assertFinding(VolatileKind.IMAGE_TOGGLED, Site.MESSAGE, 0, 0);
  }

  @Test
  void preamble_usersOwnImages_areNone() {
    observeAll(
        30,
        i -> {
          String text = "Please describe this picture in two sentences, in plain words.";
          return random.nextBoolean() ? withImage("http://a/" + i, text) : chat(text + question());
        });

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void preamble_timeBeforeSharedText_isFound() {
    observeAll(
        20, i -> chat("Now: 1790000%03d\n".formatted(100 + 7 * i) + RULES + "\n" + question()));

    assertFinding(VolatileKind.TIME_STAMP, Site.MESSAGE, 0, 5);
  }

  @Test
  void preamble_timeBehindSharedText_losesNothing() {
    observeAll(20, i -> chat(RULES + "\nNow: 1790000%03d\n".formatted(100 + 7 * i) + question()));

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void users_sayDifferentThings_isNone() {
    assertThat(systems(60, _ -> RULES)).isEmpty();
  }

  @Test
  void users_writeOrderNumbersIntoSentences_isNone() {
    String[] templates = {
      "Where is my order %d? I have been waiting for it since last week and nobody tells me"
          + " anything.",
      "Please cancel order %d at once, since I found the same thing cheaper in a shop nearby.",
      "I want to return order %d because the colour is not the one that was shown in the picture."
    };
    observeAll(
        120,
        _ -> chat(RULES, templates[random.nextInt(3)].formatted(10_000 + random.nextInt(80_000))));

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void mails_betweenInstructionsAndAnswer_areNone() {
    observeAll(
        40,
        i ->
            chat(
                "From: %s@example.org\nDate: Sat, 21 Nov 2026 13:%02d:00 GMT\nSubject: %s\n\n%s\n\n%s"
                    .formatted(word(), i, question(), question() + question(), RULES)));

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void prompt_changedOnceOrRolledOutSlowly_isNone() {
    assertThat(
            systems(
                80,
                i -> {
                  boolean isNew = i > 50 || (i > 30 && random.nextBoolean());
                  return "Build %s of 2026-11-%s. "
                          .formatted(isNew ? "8f3a9c" : "11d04e", isNew ? "20" : "03")
                      + RULES
                      + (isNew ? MORE : "");
                }))
        .isEmpty();
  }

  @Test
  void brands_ofOneTemplate_areNone() {
    String[] brands = {"Acme", "Globex", "Initech"};
    assertThat(systems(90, _ -> "You are the voice of " + brands[random.nextInt(3)] + ". " + RULES))
        .isEmpty();
  }

  @Test
  void applications_ofOneRoute_areToldApart() {
    String other =
        "You turn questions about sales into queries. Use only the tables that are listed below,"
            + " and never write to them. Explain each join in one line.";
    observeAll(
        60,
        i ->
            random.nextBoolean()
                ? chat(RULES, question())
                : chat("At 08:%02d. ".formatted(i % 60) + other, question()));

    assertFinding(VolatileKind.TIME_STAMP, Site.SYSTEM, 0, 3);
    assertThat(detector.findings().getFirst().requests()).isLessThan(45);
  }

  @Test
  void applications_withLongRulesInCommon_areToldApart() {
    StringBuilder common = new StringBuilder();
    StringBuilder own = new StringBuilder();
    StringBuilder other = new StringBuilder();
    for (int i = 0; i < 150; i++) {
      common.append(word()).append(' ');
      own.append(word()).append(' ');
      other.append(word()).append(' ');
    }
    observeAll(
        60,
        i ->
            random.nextBoolean()
                ? chat(common + "" + own, question())
                : chat(common + "At 08:%02d. ".formatted(i % 60) + other, question()));

    assertFinding(VolatileKind.TIME_STAMP, Site.SYSTEM, 0, common.length() + 3);
    assertThat(detector.findings().getFirst().share()).isEqualTo(1);
    assertThat(detector.findings().getFirst().requests()).isLessThan(45);
  }

  @Test
  void conversation_grows_isNone() {
    StringBuilder messages = new StringBuilder();
    messages.append("{\"role\":\"system\",\"content\":").append(quote(RULES)).append("}");
    for (int i = 0; i < 30; i++) {
      messages.append(",{\"role\":\"user\",\"content\":").append(quote(question())).append("}");
      observe("{\"messages\":[" + messages + "]}");
      messages.append(",{\"role\":\"assistant\",\"content\":\"At 13:").append(10 + i).append("\"}");
    }

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void prompts_withoutAnythingInCommon_isNone() {
    observeAll(80, _ -> chat(question() + question()));

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void keptWords_manyLongPrompts_stayWithinTheBound() {
    detector = new VolatilityDetector(settings(16, 10_000), 42);
    for (int i = 0; i < 60; i++) {
      StringBuilder system = new StringBuilder();
      for (int word = 0; word < 1000; word++) {
        system.append(word()).append(' ');
      }
      observe(chat(system.toString(), question()));
      assertThat(detector.keptWords()).isBetween(1L, 10_000L);
    }
  }

  @Test
  void window_causeIsMended_findingGoes() {
    systems(12, i -> "It is 13:%02d. ".formatted(20 + i) + RULES);
    for (int hour = 0; hour < 8; hour++) {
      nowNanos += 3700 * SECOND;
      systems(12, _ -> "It is noon. " + RULES);
    }

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void settings_tooSmall_refused() {
    assertThatThrownBy(() -> new DetectorSettings(0, 1, 1, 64, 64, 3, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxScopes: 0 (expected: 1 or more)");
  }

  private static final String CHINESE = "你是云栖酒店的客服助手。只回答与预订、入住和发票有关的问题，不要承诺退款。如果信息不足，只追问一个问题。";

  private static int bytes(String text) {
    return text.getBytes(UTF_8).length;
  }

  @Test
  void system_numberInTextWithoutSpaces_isFoundInIt() {
    systems(20, i -> CHINESE + "这是今天第" + (894 + i) + "次会话。" + CHINESE);

    assertFinding(VolatileKind.COUNTER, Site.SYSTEM, 0, bytes(CHINESE + "这是今天第"));
  }

  @Test
  void system_nameInTextWithoutSpaces_isAUserName() {
    String[] guests = {"张伟", "刘洋", "王小明", "陈静"};
    systems(30, _ -> CHINESE + "您正在为客人" + guests[random.nextInt(4)] + "服务。" + CHINESE);

    assertFinding(VolatileKind.USER_NAME, Site.SYSTEM, 0, bytes(CHINESE + "您正在为客人"));
  }

  @Test
  void system_twoPersonsWhoAreToldToBeUsers_areUserNames() {
    systems(
        30, _ -> RULES + " Usager : " + (random.nextBoolean() ? "Hugo Girard" : "Nadia Benali"));

    assertThat(detector.findings())
        .extracting(Finding::kind)
        .containsExactly(VolatileKind.USER_NAME);
  }

  @Test
  void system_handlesWithAndWithoutDigits_areUserNames() {
    String[] handles = {"ivy74", "boylema", "danielo", "tomr", "ruthf", "owen98", "dosei", "hkerr"};
    systems(40, _ -> "master|" + handles[random.nextInt(8)] + "\n" + RULES);

    assertFinding(VolatileKind.USER_NAME, Site.SYSTEM, 0, 7);
  }

  @Test
  void system_idLikeAnAddress_isARandomId() {
    systems(
        20,
        _ ->
            "Message-ID: <%08x%08x@mx.example.org>\n".formatted(random.nextInt(), random.nextInt())
                + RULES);

    assertFinding(VolatileKind.RANDOM_ID, Site.SYSTEM, 0, 13);
  }

  @Test
  void companies_ofOneTemplate_areNone() {
    String[] companies = {
      "Kestrel Ltd", "Nordwind AG", "Casa Group", "Orchid Inc", "Blue Fjord SA"
    };

    assertThat(
            systems(90, _ -> "You are the voice of " + companies[random.nextInt(5)] + ". " + RULES))
        .isEmpty();
  }

  @Test
  void documents_ofLinesThatReturn_areNone() {
    String[] lines = {
      "Giro account: free of charge below the age of twenty-seven, with a proof of studies.",
      "Overdraft: the rate is ten per cent at present and is settled each quarter of the year.",
      "Blocked card: the new one comes by letter within five working days after the call.",
      "Transfers: since October they cost nothing and arrive within seconds, day and night."
    };
    observeAll(
        60,
        i -> {
          StringBuilder document = new StringBuilder();
          for (int line = random.nextInt(3); line < 4; line++) {
            document.append(lines[random.nextInt(4)]).append(" (").append(random.nextInt(900));
            document.append(")\n");
          }
          String head = "Daniel Okafor, %d\n".formatted(100_000 + random.nextInt(9_000_000));
          return chat(RULES + "\n<document>\n" + head + document + "</document>");
        });

    assertThat(detector.findings()).isEmpty();
  }

  @Test
  void passages_betweenTheSameTags_areFoundInMessages() {
    List<String> passages =
        new ArrayList<>(
            List.of(
                "Irony is no praise",
                "Photos count as bills",
                "The first of several decides",
                "Threats are urgent"));
    observeAll(
        30,
        _ -> {
          Collections.shuffle(passages, random);
          StringBuilder text = new StringBuilder("Use these excerpts:\n");
          for (String passage : passages) {
            text.append("<document>\n<source>kb/classify.md</source>\n<document_content>");
            text.append(passage).append(".</document_content>\n</document>\n");
          }
          return chat(RULES, text + "\n" + question());
        });

    assertThat(detector.findings())
        .extracting(Finding::kind)
        .containsExactly(VolatileKind.RETRIEVAL_ORDER);
  }

  /** A reviewer's: of 36 such logs, 27 were said to hold passages in another order. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "# %w, the %t was %v by %s %w.",
        "%n:%n:%n %L %s %t %v after %n ms",
        "{\"id\":%n,\"region\":\"%w\",\"status\":\"%v\",\"service\":\"%s\",\"amount\":%n},",
        "10.0.%n.%n - - [21/Nov/2026:13:%n +0000] \"GET /api/%t HTTP/1.1\" %n %n",
        "| %s-api | eu-%w-1 | %v | %n ms | team %t |"
      })
  void rows_thatUsersPaste_areNoPassages(String row) {
    observeAll(
        30,
        _ -> {
          StringBuilder rows = new StringBuilder();
          for (int i = 0; i < 40; i++) {
            rows.append(row(row)).append('\n');
          }
          return chat(RULES, "Question " + word().charAt(0) + ": why?\n" + rows);
        });

    assertThat(detector.findings()).isEmpty();
  }

  private String row(String form) {
    String row = form;
    for (String[] column :
        new String[][] {
          {"%s", "orders", "billing", "auth", "search", "mail", "stock", "ship", "audit"},
          {"%t", "connection", "request", "job", "session", "worker", "thread", "lock", "lease"},
          {"%v", "started", "finished", "failed", "retried", "skipped", "queued", "dropped"},
          {"%w", "north", "south", "east", "west"},
          {"%L", "INFO", "WARN", "ERROR"}
        }) {
      while (row.contains(column[0])) {
        String value = column[1 + random.nextInt(column.length - 1)];
        row = row.replaceFirst(column[0], value);
      }
    }
    while (row.contains("%n")) {
      row = row.replaceFirst("%n", String.valueOf(random.nextInt(100)));
    }
    return row;
  }

  @Test
  void image_toggledBeforeFewQuestions_isFound() {
    List<String> questions = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      questions.add(question());
    }
    observeAll(
        50,
        _ -> {
          String text = questions.get(random.nextInt(6));
          String body = random.nextBoolean() ? withImage("http://a/card.png", text) : chat(text);
          return body.replace(
              "{\"messages\":[",
              "{\"messages\":[{\"role\":\"system\",\"content\":%s},".formatted(quote(RULES)));
        });

    assertFinding(VolatileKind.IMAGE_TOGGLED, Site.MESSAGE, 0, 0);
  }

  @Test
  void functions_ofGeminiInAnotherOrder_areToolOrder() {
    List<String> names = new ArrayList<>(List.of("find", "send", "list", "stop"));
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(names, random);
      String functions =
          names.stream()
              .map(name -> "{\"name\":\"%s\",\"description\":\"%s it\"}".formatted(name, name))
              .collect(Collectors.joining(","));
      observe(
          Dialect.GEMINI,
          "{\"systemInstruction\":{\"parts\":[{\"text\":%s}]},\"tools\":[{\"functionDeclarations\":[%s]}],\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":%s}]}]}"
              .formatted(quote(RULES), functions, quote(question())),
          4,
          Double.NaN);
    }

    assertThat(detector.findings())
        .extracting(Finding::kind)
        .containsExactly(VolatileKind.TOOL_ORDER);
  }

  @Test
  void system_idsOfFewLongConversations_areRandomIds() {
    for (int conversation = 0; conversation < 3; conversation++) {
      String system = "Session %x\n".formatted(random.nextLong() >>> 8 | 1L << 55) + RULES;
      StringBuilder messages = new StringBuilder("{\"role\":\"system\",\"content\":");
      messages.append(quote(system)).append("}");
      for (int turn = 0; turn < 20; turn++) {
        messages.append(",{\"role\":\"user\",\"content\":").append(quote(question())).append("}");
        observe("{\"messages\":[" + messages + "]}");
        messages.append(",{\"role\":\"assistant\",\"content\":").append(quote(question()));
        messages.append("}");
      }
    }

    assertFinding(VolatileKind.RANDOM_ID, Site.SYSTEM, 0, 8);
  }

  @Test
  void history_idsOfCallsAreMadeUpAnew_areRandomIds() {
    List<String> questions = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      questions.add(question());
    }
    observeAll(
        24,
        i -> {
          StringBuilder messages = new StringBuilder("{\"role\":\"system\",\"content\":");
          messages.append(quote(RULES)).append("},{\"role\":\"user\",\"content\":");
          messages.append(quote(questions.get(i / 4))).append("}");
          for (int call = 0; call < i % 4; call++) {
            String id = "call_%016x".formatted(random.nextLong() | 1L << 63);
            messages.append(
                """
                ,{"role":"assistant","content":null,"tool_calls":[{"id":"%s","type":"function",\
                "function":{"name":"find","arguments":"{\\"page\\":%d}"}}]},\
                {"role":"tool","tool_call_id":"%s","content":"Nothing on page %d of the handbook."}\
                """
                    .formatted(id, call, id, call));
          }
          return "{\"messages\":[" + messages + "]}";
        });

    assertThat(detector.findings())
        .extracting(Finding::kind, Finding::site, Finding::index)
        .containsExactly(tuple(VolatileKind.RANDOM_ID, Site.MESSAGE, 1));
  }

  @Test
  void system_digestWithoutBitsOfAUuid_isARandomId() {
    systems(20, _ -> "Run %016x%016x\n".formatted(random.nextLong(), random.nextLong()) + RULES);

    assertFinding(VolatileKind.RANDOM_ID, Site.SYSTEM, 0, 4);
  }

  @Test
  void system_numberWithoutOrderBehindAWordOfCounts_isARandomId() {
    systems(20, _ -> "Call %d\n".formatted(10_000_000 + random.nextInt(80_000_000)) + RULES);

    assertFinding(VolatileKind.RANDOM_ID, Site.SYSTEM, 0, 5);
  }

  @Test
  void preamble_surnameBeforeFirstName_isOneUserName() {
    String[] names = {"Haddad, Farid", "Keller, Mona", "Ivanov, Dmitri", "Rossi, Carla"};
    observeAll(30, i -> chat("User " + names[i % 4] + ".\n" + RULES + "\n" + question()));

    assertFinding(VolatileKind.USER_NAME, Site.MESSAGE, 0, 5);
  }

  @Test
  void preamble_idWithANumberBehind_isFound() {
    observeAll(
        20,
        i ->
            chat(
                "Ref: %s-%d\n"
                        .formatted(new java.util.UUID(random.nextLong(), random.nextLong()), i % 3)
                    + RULES
                    + "\n"
                    + question()));

    assertFinding(VolatileKind.UUID, Site.MESSAGE, 0, 5);
  }

  @Test
  void preamble_numberOfVisitorsWhileConversationsGrow_isACounter() {
    StringBuilder[] grown = new StringBuilder[4];
    Arrays.setAll(grown, _ -> new StringBuilder());
    for (int i = 0; i < 32; i++) {
      StringBuilder messages = grown[random.nextInt(4)];
      String first = quote("Visitor " + (88_015 + 40 * i) + " today\n" + RULES);
      messages.append(",{\"role\":\"assistant\",\"content\":").append(quote(question()));
      messages.append("},{\"role\":\"user\",\"content\":").append(quote(question())).append("}");
      observe("{\"messages\":[{\"role\":\"user\",\"content\":" + first + "}" + messages + "]}");
    }

    assertFinding(VolatileKind.COUNTER, Site.MESSAGE, 0, 8);
  }

  /** A number that goes up by 9, of which the higher group changes once. */
  private static String inGroups(int number, String joint) {
    return number / 1000 + joint + "%03d".formatted(number % 1000);
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", ",", ".", "-", "'", "\u00A0", "\u202F"})
  void system_numberWhoseHigherGroupChangesOnce_isFoundFromItsFirstGroupToItsEnd(String joint) {
    String before = "Hello. Visitor ";
    systems(24, i -> before + inGroups(88_850 + 9 * i, joint) + " of today\n" + RULES);

    assertThat(detector.findings()).hasSize(1);
    Finding finding = detector.findings().getFirst();
    assertThat(finding.offset()).isBetween(before.length(), before.length() + 1);
    assertThat(finding.offset() + finding.length())
        .isEqualTo(before.length() + bytes(inGroups(88_850, joint)));
  }

  @Test
  void system_numberOfThreeGroupsBehindANameThatVaries_isFoundWithinIt() {
    String[] names = {"Mona", "Farid", "Carla", "Dmitri"};
    systems(
        40,
        i ->
            "User %s, run ".formatted(names[random.nextInt(4)])
                + "1-%s\n".formatted(inGroups(488_850 + 9 * i, "-"))
                + RULES);

    Finding run =
        detector.findings().stream()
            .filter(finding -> finding.kind() != VolatileKind.USER_NAME)
            .findFirst()
            .orElseThrow();
    int shortest = "User Mona, run 1-48".length();
    int longest = "User Dmitri, run 1-488".length();
    assertThat(run.offset()).isBetween(shortest - 2, longest);
    assertThat(run.length()).isEqualTo("488-850".length());
  }

  @Test
  void system_numberBehindAnotherThatStays_isFoundWithoutIt() {
    systems(20, i -> "Room 12 %03d\n".formatted(480 + 9 * i) + RULES);

    assertFinding(VolatileKind.COUNTER, Site.SYSTEM, 0, 8);
    assertThat(detector.findings().getFirst().length()).isEqualTo(3);
  }
}
