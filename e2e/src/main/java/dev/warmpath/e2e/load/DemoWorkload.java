package dev.warmpath.e2e.load;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What a company's LLM traffic looks like, made from a seed: tenants of unequal size, each with a
 * system prompt, a list of tools and documents; chats and agents of many turns, whose history
 * grows; questions about a document; bursts of questions about one document. A part goes to a pool
 * of engines as OpenAI chat completions, the rest to a provider as Anthropic messages without
 * markers. Tenants don't share text. Immutable.
 */
public final class DemoWorkload implements Workload {
  /** {@link LoadRequest#group} of what goes to the pool. */
  public static final String POOL = "pool";

  /** {@link LoadRequest#group} of what goes to the provider. */
  public static final String PROVIDER = "provider";

  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final int BYTES_PER_TOKEN = 4;
  private static final int DOCUMENTS_PER_TENANT = 8;
  private static final double STREAMED_SHARE = 0.8;

  /**
   * What to make.
   *
   * @param seed equal seeds make equal workloads
   * @param requests in all
   * @param seconds from the first to the last, real ones
   * @param providerShare of the conversations that go to the provider
   */
  public record Options(
      long seed,
      int tenants,
      int requests,
      double seconds,
      double providerShare,
      String poolModel,
      String providerModel) {
    public Options {
      if (tenants < 1 || requests < 1) {
        throw new IllegalArgumentException(
            "tenants=%d requests=%d (expected: both >= 1)".formatted(tenants, requests));
      }
      if (!(seconds >= 0) || !(providerShare >= 0 && providerShare <= 1)) {
        throw new IllegalArgumentException(
            "seconds=%s providerShare=%s (expected: seconds >= 0, a share in [0, 1])"
                .formatted(seconds, providerShare));
      }
    }
  }

  /** The kinds of conversation, with how often they occur among a hundred. */
  private enum Kind {
    CHAT(50),
    AGENT(15),
    QUESTION(25),
    BURST(10);

    final int percent;

    Kind(int percent) {
      this.percent = percent;
    }
  }

  /** One request: the turn of a conversation. */
  private record Turn(
      double atSeconds,
      boolean provider,
      Kind kind,
      int tenant,
      int document,
      long conversation,
      int number) {}

  private final Options options;
  private final List<Turn> turns;
  private final double realPerPlanned;

  public DemoWorkload(Options options) {
    this.options = options;
    turns = plan(options);
    double last = turns.getLast().atSeconds;
    realPerPlanned = last == 0 ? 0 : options.seconds / last;
  }

  private static List<Turn> plan(Options options) {
    var random = new SplittableRandom(options.seed);
    // Time in which conversations start; what they are made of then runs on.
    double span = 60;
    var turns = new ArrayList<Turn>();
    for (long conversation = 1; turns.size() < options.requests; conversation++) {
      boolean provider = random.nextDouble() < options.providerShare;
      Kind kind = kind(random.nextInt(100));
      int tenant = tenant(random, options.tenants);
      // Few documents are asked about often.
      int document =
          Math.min(random.nextInt(DOCUMENTS_PER_TENANT), random.nextInt(DOCUMENTS_PER_TENANT));
      double at = random.nextDouble(span);
      int count =
          switch (kind) {
            case CHAT -> random.nextInt(2, 8);
            case AGENT -> random.nextInt(5, 13);
            case QUESTION -> random.nextInt(1, 3);
            case BURST -> random.nextInt(8, 17);
          };
      for (int number = 0; number < count; number++) {
        turns.add(new Turn(at, provider, kind, tenant, document, conversation, number));
        at +=
            switch (kind) {
              case CHAT -> random.nextDouble(4, 12);
              case AGENT -> random.nextDouble(1.5, 4);
              case QUESTION -> random.nextDouble(6, 15);
              case BURST -> random.nextDouble(0.1);
            };
      }
    }
    turns.sort(Comparator.comparingDouble(Turn::atSeconds));
    return List.copyOf(turns.subList(0, options.requests));
  }

  private static Kind kind(int draw) {
    int left = draw;
    for (Kind kind : Kind.values()) {
      if (left < kind.percent) {
        return kind;
      }
      left -= kind.percent;
    }
    throw new IllegalStateException(draw + " (expected: the kinds to add up to 100)");
  }

  /** The i-th tenant talks 1/i as much as the first. */
  private static int tenant(SplittableRandom random, int tenants) {
    double sum = 0;
    for (int i = 1; i <= tenants; i++) {
      sum += 1.0 / i;
    }
    double left = random.nextDouble(sum);
    for (int i = 1; i < tenants; i++) {
      left -= 1.0 / i;
      if (left < 0) {
        return i - 1;
      }
    }
    return tenants - 1;
  }

  @Override
  public int size() {
    return turns.size();
  }

  @Override
  public long atNanos(int index) {
    return Math.round(turns.get(index).atSeconds * realPerPlanned * NANOS_PER_SECOND);
  }

  @Override
  public LoadRequest request(int index) {
    Turn turn = turns.get(index);
    long seed = Body.seed(options.seed, turn.tenant);
    var shape = new SplittableRandom(Body.seed(seed, turn.conversation));
    boolean stream = shape.nextDouble() < STREAMED_SHARE;
    int maxTokens = 24 + shape.nextInt(turn.kind == Kind.BURST ? 40 : 120);
    var body = new Body(65_536);
    String model = turn.provider ? options.providerModel : options.poolModel;
    body.json("{\"model\":\"%s\",\"max_tokens\":%d,".formatted(model, maxTokens));
    if (stream) {
      body.json("\"stream\":true,");
      if (!turn.provider) {
        body.json("\"stream_options\":{\"include_usage\":true},");
      }
    }
    tools(turn, seed, body);
    system(turn, seed, body);
    messages(turn, seed, body);
    body.json("]}");
    return new LoadRequest(
        turn.provider ? PROVIDER : POOL,
        turn.provider ? "/v1/messages" : "/v1/chat/completions",
        headers(turn),
        body.toBytes(),
        !stream ? "" : turn.provider ? "{\"type\":\"message_stop\"}\n\n" : "data: [DONE]\n\n");
  }

  private static Map<String, String> headers(Turn turn) {
    String tenant = "tenant-" + turn.tenant;
    String session = "session-" + turn.conversation;
    return turn.provider
        ? Map.of(
            "content-type",
            "application/json",
            "anthropic-version",
            "2023-06-01",
            "x-tenant",
            tenant,
            "x-session-id",
            session)
        : Map.of("content-type", "application/json", "x-tenant", tenant, "x-session-id", session);
  }

  /** Agents have many tools, every other tenant has a few for the rest. */
  private static void tools(Turn turn, long seed, Body body) {
    boolean agent = turn.kind == Kind.AGENT;
    int count = agent ? 12 : turn.tenant % 2 == 0 ? 4 : 0;
    if (count == 0) {
      return;
    }
    body.json("\"tools\":[");
    for (int i = 0; i < count; i++) {
      long toolSeed = Body.seed(seed, (agent ? 100 : 200) + i);
      String name = "tool_%d_%d".formatted(turn.tenant, i);
      body.json(i == 0 ? "" : ",");
      body.json(
          turn.provider
              ? "{\"name\":\"%s\",\"description\":\"".formatted(name)
              : "{\"type\":\"function\",\"function\":{\"name\":\"%s\",\"description\":\""
                  .formatted(name));
      body.text(toolSeed, (80 + (int) (toolSeed & 127)) * BYTES_PER_TOKEN);
      body.json(turn.provider ? "\",\"input_schema\":" : "\",\"parameters\":");
      body.json(
          "{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\"}},"
              + "\"required\":[\"query\"]}}");
      body.json(turn.provider ? "" : "}");
    }
    body.json("],");
  }

  /** Between 400 and 2,400 tokens. */
  private static void system(Turn turn, long seed, Body body) {
    long systemSeed = Body.seed(seed, turn.kind == Kind.AGENT ? 1 : 2);
    int tokens = 400 + (int) Long.remainderUnsigned(systemSeed, 2_000);
    if (turn.provider) {
      body.json("\"system\":\"").text(systemSeed, tokens * BYTES_PER_TOKEN);
      body.json("\",\"messages\":[");
    } else {
      body.json("\"messages\":[{\"role\":\"system\",\"content\":\"");
      body.text(systemSeed, tokens * BYTES_PER_TOKEN).json("\"},");
    }
  }

  private static void messages(Turn turn, long seed, Body body) {
    long conversationSeed = Body.seed(seed, 1_000 + turn.conversation);
    boolean grows = turn.kind == Kind.CHAT || turn.kind == Kind.AGENT;
    for (int number = grows ? 0 : turn.number; number <= turn.number; number++) {
      var shape = new SplittableRandom(Body.seed(conversationSeed, number));
      body.json("{\"role\":\"user\",\"content\":\"");
      if (!grows) {
        long documentSeed = Body.seed(seed, 500 + turn.document);
        int tokens = 1_500 + (int) Long.remainderUnsigned(documentSeed, 4_000);
        body.text(documentSeed, tokens * BYTES_PER_TOKEN).json(" ");
      }
      body.text(shape.nextLong(), shape.nextInt(20, 150) * BYTES_PER_TOKEN).json("\"}");
      if (number < turn.number) {
        body.json(",{\"role\":\"assistant\",\"content\":\"");
        body.text(shape.nextLong(), shape.nextInt(40, 250) * BYTES_PER_TOKEN).json("\"},");
      }
    }
  }
}
