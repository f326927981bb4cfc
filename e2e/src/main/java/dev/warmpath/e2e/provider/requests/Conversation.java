package dev.warmpath.e2e.provider.requests;

import dev.warmpath.e2e.provider.ProviderRules.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What a client and a model say to each other, in no API's form, and the habits of that client. It
 * grows by turns. Not thread-safe.
 */
final class Conversation {
  /** A piece of a turn. */
  sealed interface Piece {}

  /** A text that is not blank. */
  record Text(String text) implements Piece {}

  /** An image, in base64. */
  record Image(String data) implements Piece {}

  /** A file, in base64; {@code pdf} or a text file. */
  record Document(boolean pdf, String name, String data) implements Piece {}

  /** What the model thought, as it was given out. */
  record Thinking(String text, String signature) implements Piece {}

  /** A tool is called. */
  record Call(String id, String name, String argument) implements Piece {}

  /** What a tool said. */
  record Result(String id, String name, String text, boolean error) implements Piece {}

  /** All that one side says at once. */
  record Turn(boolean user, List<Piece> pieces) {
    Turn {
      pieces = List.copyOf(pieces);
    }
  }

  /** A tool that the model may call. */
  record Tool(String name, String description, boolean strict) {}

  /** Above this many turns a client begins anew. */
  static final int MAX_TURNS = 30;

  private static final int MAX_LONG_TURN = 45;

  private final Kind kind;
  private final String provider;
  private final String model;
  private final String tenant;
  private final long habits;
  private final List<String> system;
  private final List<Tool> tools;
  private final boolean thinks;
  private final List<Turn> turns = new ArrayList<>();
  private final Texts texts;
  private int ids;

  Conversation(
      Kind kind,
      String provider,
      String model,
      String tenant,
      Texts texts,
      RandomGenerator random) {
    this.kind = kind;
    this.provider = provider;
    this.model = model;
    this.tenant = tenant;
    this.texts = texts;
    habits = random.nextLong();
    system = texts.system(random);
    tools = texts.tools(random);
    thinks = random.nextInt(5) == 0;
    turns.add(new Turn(true, said(random)));
  }

  Kind kind() {
    return kind;
  }

  String provider() {
    return provider;
  }

  String model() {
    return model;
  }

  String tenant() {
    return tenant;
  }

  /** What of its form is the client's choice is the same all along: a seed for it. */
  long habits() {
    return habits;
  }

  /** One habit of several, {@code 0} to {@code of - 1}. */
  int habit(int number, int of) {
    return (int) Long.remainderUnsigned(habits >>> (5 * number), of);
  }

  List<String> system() {
    return system;
  }

  List<Tool> tools() {
    return tools;
  }

  boolean thinks() {
    return thinks;
  }

  List<Turn> turns() {
    return turns;
  }

  /** The model answers, and the client says something to it. */
  void grow(RandomGenerator random) {
    var answer = new ArrayList<Piece>();
    if (thinks) {
      answer.add(
          new Thinking(texts.some(random, 300), "sig" + Long.toHexString(random.nextLong())));
    }
    answer.add(new Text(texts.some(random, 600)));
    var results = new ArrayList<Piece>();
    if (!tools.isEmpty() && random.nextInt(10) < 7) {
      int calls = random.nextInt(12) == 0 ? 8 + random.nextInt(20) : 1 + random.nextInt(3);
      for (int i = 0; i < calls; i++) {
        String id = "call_" + Long.toHexString(habits & 0xFFFF) + "_" + ++ids;
        String name = tools.get(random.nextInt(tools.size())).name();
        answer.add(new Call(id, name, texts.some(random, 60)));
        results.add(new Result(id, name, texts.some(random, 900), random.nextInt(10) == 0));
      }
    }
    turns.add(new Turn(false, answer));
    if (results.isEmpty()) {
      turns.add(new Turn(true, said(random)));
    } else {
      if (random.nextInt(8) == 0) {
        results.add(new Text(texts.some(random, 200)));
      }
      turns.add(new Turn(true, results));
    }
  }

  private List<Piece> said(RandomGenerator random) {
    var said = new ArrayList<Piece>();
    int count =
        switch (random.nextInt(20)) {
          case 0 -> 21 + random.nextInt(MAX_LONG_TURN - 20);
          case 1, 2, 3, 4 -> 2 + random.nextInt(4);
          default -> 1;
        };
    for (int i = 0; i < count; i++) {
      said.add(new Text(texts.some(random, count > 20 ? 120 : 800)));
    }
    if (random.nextInt(12) == 0) {
      said.add(random.nextInt(said.size() + 1), new Image(texts.data(random, 2_000)));
    }
    if (random.nextInt(12) == 0) {
      said.add(
          random.nextInt(said.size() + 1),
          new Document(
              random.nextBoolean(), "file " + random.nextInt(99), texts.data(random, 3_000)));
    }
    return said;
  }
}
