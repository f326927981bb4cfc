package dev.warmpath.e2e.provider.requests;

import dev.warmpath.e2e.provider.requests.Conversation.Tool;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Words for requests: of several scripts, with all that JSON must escape, of sizes from a word to
 * many times any model's minimum, and many just at one. Bounded, immutable after it is made.
 */
final class Texts {
  private static final int CORPUS_CHARS = 1 << 18;
  private static final int BYTES_PER_TOKEN = 4;
  private static final int MAX_SYSTEM_CHARS = 90_000;

  /** Of the models here; a prompt may end right at one. */
  private static final int[] MINIMA = {256, 512, 1_024, 2_048, 4_096};

  private static final String[] WORDS = {
    "the",
    "a",
    "order",
    "customer",
    "refund",
    "policy",
    "account",
    "reply",
    "only",
    "in",
    "JSON",
    "and",
    "never",
    "guess",
    "tool",
    "result",
    "status:",
    "ok",
    "42",
    "3.14",
    "2026-11-21",
    "über",
    "naïve",
    "Straße",
    "garçon",
    "żółć",
    "привет",
    "мир",
    "你好",
    "世界",
    "日本語",
    "한국어",
    "مرحبا",
    "שלום",
    "नमस्ते",
    "🙂",
    "👩‍👩‍👧",
    "🇪🇺",
    "𝔘𝔫𝔦",
    "e\u0301",
    "\"quoted\"",
    "back\\slash",
    "a/b",
    "</tag>",
    "{\"k\":[1,2]}",
    "\n",
    "\r\n",
    "\t",
    "\u0001",
    "\u007f",
    "\u2028",
    "\uFEFF",
    "\\u0041",
    "$100",
    "100%",
    "x=y&z",
    "#",
    "```java\n",
    "cache_control",
    "\"cachePoint\":",
    "prompt_cache_breakpoint",
    "\"messages\":[{",
    "role",
  };

  private final String corpus;
  private final List<List<String>> systems = new ArrayList<>();
  private final List<List<Tool>> toolSets = new ArrayList<>();

  Texts(RandomGenerator random) {
    var text = new StringBuilder(CORPUS_CHARS + 100);
    while (text.length() < CORPUS_CHARS) {
      // Mostly plain words, as in prompts.
      int word = random.nextInt(4) == 0 ? random.nextInt(WORDS.length) : random.nextInt(21);
      text.append(WORDS[word]).append(' ');
    }
    corpus = text.toString();
    systems.add(List.of());
    systems.add(List.of("w" + cut(random, MAX_SYSTEM_CHARS)));
    for (int i = 0; i < 40; i++) {
      systems.add(newSystem(random));
    }
    toolSets.add(List.of());
    for (int i = 0; i < 12; i++) {
      var tools = new ArrayList<Tool>();
      int count = 1 + random.nextInt(i % 4 == 0 ? 30 : 5);
      for (int j = 0; j < count; j++) {
        tools.add(new Tool("tool_" + i + "_" + j, some(random, 300), random.nextInt(6) == 0));
      }
      toolSets.add(List.copyOf(tools));
    }
  }

  /** Not blank, {@code 1} to {@code chars} characters. */
  String some(RandomGenerator random, int chars) {
    return "w" + cut(random, random.nextInt(chars));
  }

  /** Base64 of up to {@code bytes} bytes. */
  String data(RandomGenerator random, int bytes) {
    byte[] data = new byte[1 + random.nextInt(bytes)];
    random.nextBytes(data);
    return Base64.getEncoder().encodeToString(data);
  }

  /** Texts that many conversations begin with. */
  List<String> system(RandomGenerator random) {
    return systems.get(random.nextInt(systems.size()));
  }

  /** Tools that many conversations have. */
  List<Tool> tools(RandomGenerator random) {
    return random.nextInt(2) == 0 ? List.of() : toolSets.get(random.nextInt(toolSets.size()));
  }

  private List<String> newSystem(RandomGenerator random) {
    var system = new ArrayList<String>();
    switch (random.nextInt(8)) {
      case 0 -> system.add(some(random, 40));
      case 1 -> system.add("w" + cut(random, random.nextInt(MAX_SYSTEM_CHARS)));
      case 2, 3, 4 -> {
        // To the byte: three bytes below a minimum are still that minimum, four are not.
        int bytes =
            MINIMA[random.nextInt(MINIMA.length)] * BYTES_PER_TOKEN - 8 + random.nextInt(16);
        system.add("s".repeat(bytes));
      }
      default -> {
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
          system.add(some(random, 6_000));
        }
      }
    }
    return List.copyOf(system);
  }

  /** Of the corpus, no surrogate alone. */
  private String cut(RandomGenerator random, int chars) {
    int from = random.nextInt(CORPUS_CHARS - chars);
    int to = from + chars;
    if (Character.isLowSurrogate(corpus.charAt(from))) {
      from--;
    }
    if (Character.isLowSurrogate(corpus.charAt(to))) {
      to++;
    }
    return corpus.substring(from, to);
  }
}
