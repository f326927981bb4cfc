package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.api.Asked;
import dev.warmpath.e2e.api.EventAnswer;
import dev.warmpath.e2e.api.TokenCounts;
import dev.warmpath.e2e.engine.RenderedPrompt;
import dev.warmpath.e2e.provider.ProviderAccess.Account;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A hosted API as a judge of requests, with the cache behind it: what the published form forbids is
 * refused with the published error, what is taken is counted by the rules of that API's cache. An
 * entry can be read at once, as if each response began before the next request. Four bytes are a
 * token.
 *
 * <p>What nobody has published is refused or left out; where, stands with each form ({@link
 * MessagesRequest}, {@link ConverseRequest}, {@link ChatRequest}, {@link ResponsesRequest}). Of
 * embeddings and Gemini only the outline is judged, and nothing is cached. OpenAI's breakpoints are
 * as its reference tells them (as quoted in iii-hq/workers#1202): a request writes at most four; it
 * reads at the latest 80 of its own, and with the mode {@code implicit} at the ends of its messages
 * too, where earlier requests had the one that OpenAI sets. Caches that are found by steps live
 * five minutes from their last use, Groq's two hours, one that asks for 24 hours as long.
 *
 * <p>Not thread-safe.
 */
public final class ProviderRules {
  /** An API of a provider. */
  public enum Kind {
    /** Anthropic's messages. */
    ANTHROPIC,
    /** The same form at somebody who refuses {@code ttl}. */
    ANTHROPIC_WITHOUT_TTL,
    BEDROCK_CONVERSE,
    /** InvokeModel with a body of Anthropic's. */
    BEDROCK_INVOKE,
    /** RawPredict with a body of Anthropic's. */
    VERTEX,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    OPENAI_EMBEDDINGS,
    AZURE,
    GEMINI,
    QWEN,
    /** Refuses all that it doesn't know, {@code prompt_cache_key} too. */
    GROQ,
    /** Refuses all that it doesn't know with 422. */
    MISTRAL,
    /** Told a session by the header {@code x-grok-conv-id}. */
    XAI_CHAT,
    XAI_RESPONSES,
    /** Told a session by the header {@code x-session-affinity}, or a key. */
    FIREWORKS,
    /** Told a session by {@code session_id}; takes a marker for some families of models. */
    OPENROUTER
  }

  /**
   * A request that was taken.
   *
   * @param markers that the client set
   * @param usage of the input
   * @param inputUnits cost of the input in uncached tokens; empty: not published
   * @param inputUsd empty: not published
   */
  public record Verdict(
      Asked.Api api,
      String model,
      String tenant,
      boolean stream,
      int markers,
      MessageUsage usage,
      OptionalDouble inputUnits,
      OptionalDouble inputUsd) {

    /** For an answer. */
    public TokenCounts counts(int outputTokens) {
      return new TokenCounts(
          Math.toIntExact(usage.allInput()),
          Math.toIntExact(usage.read()),
          Math.toIntExact(usage.written5m()),
          Math.toIntExact(usage.written1h()),
          outputTokens);
    }

    /** The member {@code usage} of the answer, in the API's form. */
    public ObjectNode usageForm(int outputTokens) {
      return EventAnswer.usage(api, counts(outputTokens), outputTokens);
    }
  }

  /** A cache that is found by steps: what it holds, for how long, at which part of the price. */
  private record Steps(int minimumTokens, int stepTokens, long ttlSeconds, double read) {
    static final Steps OPENAI = new Steps(1_024, 128, 300, 0.1);
    static final Steps QWEN = new Steps(256, 128, 300, 0.2); // Steps: guess, not published.
    static final Steps GROQ = new Steps(1_024, 128, 7_200, 0.5); // 128 to 1024 by model.
    static final Steps XAI = new Steps(128, 128, 300, 0.25); // Lifetime and minimum: guesses.
    static final Steps FIREWORKS = new Steps(128, 128, 300, 0.5); // Guesses, but for the price.
    static final Steps MISTRAL = new Steps(64, 64, 300, 0.1); // Lifetime: guess, not published.
  }

  private static final double BYTES_PER_TOKEN = 4;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long DAY_SECONDS = 86_400;
  private static final int MAX_BREAKPOINTS_READ = 80;
  private static final int KIMI_MINIMUM_TOKENS = 256;
  private static final int MINIMAX_MINIMUM_TOKENS = 512;
  private static final int QWEN_MINIMUM_TOKENS = 1_024;
  private static final double QWEN_WRITE = 1.25;
  private static final double QWEN_READ = 0.1;

  /** What a session is called: guess, not published. */
  private static final Pattern SESSION = Pattern.compile("[!-~]{1,256}");

  private static final Pattern OPENROUTER_MARKED =
      Pattern.compile("anthropic/claude-.+|google/gemini-.+|qwen/.+|openai/gpt-(5\\.6|6-.+)");

  /** Names of models that Bedrock could have; those of Anthropic's are known. */
  private static final Pattern BEDROCK_MODEL =
      Pattern.compile(
          "((us|eu|apac|jp|au|ca|global|us-gov)\\.)?"
              + "(ai21|amazon|cohere|deepseek|meta|minimax|mistral|moonshot|nvidia|openai|qwen|writer)"
              + "\\.[a-z0-9.:-]+|arn:aws:bedrock:[a-z0-9-]+:\\d*:[a-z-]+/[A-Za-z0-9.:-]+");

  private final Kind kind;
  private final ProviderAccess access;
  private final InstantSource time;
  private final Instant origin;
  private final PromptCache marked = new PromptCache();
  private final AutomaticCache automatic = new AutomaticCache();

  private ProviderRules(Kind kind, ProviderAccess access, InstantSource time) {
    this.kind = kind;
    this.access = access;
    this.time = time;
    origin = time.instant();
  }

  /** An API with the customers of {@link ProviderAccess#DEFAULTS}, by the clock of the machine. */
  public static ProviderRules of(Kind kind) {
    return of(kind, ProviderAccess.DEFAULTS, InstantSource.system());
  }

  /**
   * An API.
   *
   * @param time by which cache entries and signatures age
   */
  public static ProviderRules of(Kind kind, ProviderAccess access, InstantSource time) {
    return new ProviderRules(kind, access, time);
  }

  public Kind kind() {
    return kind;
  }

  /** Whether a path is one of this API. */
  public boolean serves(String target) {
    return ProviderPath.of(kind, target) != null;
  }

  /**
   * Judges a {@code POST}, and remembers what it writes to the cache.
   *
   * @param target path and query, as they were sent
   * @param headers by their names in lower case
   * @throws ApiException what the API answers instead
   */
  public Verdict judge(String target, Map<String, String> headers, byte[] body)
      throws ApiException {
    ProviderPath path = path(target);
    if (path == null) {
      throw refuse(404, "Not found", "");
    }
    String tenant = tenant(target, headers, body);
    return switch (kind) {
      case ANTHROPIC, ANTHROPIC_WITHOUT_TTL, BEDROCK_INVOKE, VERTEX ->
          messages(path, tenant, headers, body);
      case BEDROCK_CONVERSE -> converse(path, tenant, body);
      case OPENAI_CHAT, OPENAI_RESPONSES -> openAi(path, tenant, body);
      case AZURE -> chat(path, tenant, body, ChatHost.AZURE, Steps.OPENAI);
      case GROQ -> chat(path, tenant, body, ChatHost.GROQ, Steps.GROQ);
      case MISTRAL -> chat(path, tenant, body, ChatHost.MISTRAL, Steps.MISTRAL);
      case QWEN -> qwen(path, tenant, body);
      case XAI_CHAT ->
          session(path, tenant, headers, "x-grok-conv-id", body, ChatHost.XAI, Steps.XAI);
      case FIREWORKS ->
          session(
              path,
              tenant,
              headers,
              "x-session-affinity",
              body,
              ChatHost.FIREWORKS,
              Steps.FIREWORKS);
      case XAI_RESPONSES -> xaiResponses(path, tenant, body);
      case OPENROUTER -> openRouter(path, tenant, body);
      case OPENAI_EMBEDDINGS, GEMINI -> outline(path, tenant, body);
    };
  }

  @Nullable ProviderPath path(String target) {
    return ProviderPath.of(kind, target);
  }

  // Who asks.

  private String tenant(String target, Map<String, String> headers, byte[] body)
      throws ApiException {
    String authorization = headers.getOrDefault("authorization", "");
    boolean bedrock = kind == Kind.BEDROCK_CONVERSE || kind == Kind.BEDROCK_INVOKE;
    if (bedrock && authorization.startsWith("AWS4-")) {
      var request = new AwsSignature.Request("POST", target, headers);
      return AwsSignature.verify(request, body, access.accounts(), "bedrock", time.instant())
          .tenant();
    }
    String key =
        switch (kind) {
          case ANTHROPIC, ANTHROPIC_WITHOUT_TTL -> headers.getOrDefault("x-api-key", "");
          case AZURE -> headers.getOrDefault("api-key", "");
          case GEMINI -> headers.getOrDefault("x-goog-api-key", "");
          case BEDROCK_CONVERSE,
              BEDROCK_INVOKE,
              VERTEX,
              OPENAI_CHAT,
              OPENAI_RESPONSES,
              OPENAI_EMBEDDINGS,
              QWEN,
              GROQ,
              MISTRAL,
              XAI_CHAT,
              XAI_RESPONSES,
              FIREWORKS,
              OPENROUTER ->
              "";
        };
    if (key.isEmpty() && authorization.startsWith("Bearer ")) {
      key = authorization.substring("Bearer ".length());
    }
    for (Account account : access.accounts()) {
      if (account.apiKey().equals(key)) {
        return account.tenant();
      }
    }
    if (access.open()) {
      return "";
    }
    if (bedrock) {
      throw key.isEmpty()
          ? ApiException.aws(
              403, "MissingAuthenticationTokenException", "Missing Authentication Token")
          : ApiException.aws(
              403,
              "AccessDeniedException",
              "Authentication failed: Please make sure your API Key is valid.");
    }
    throw refuse(
        401, key.isEmpty() ? "no API key was provided" : "invalid API key", "invalid_api_key");
  }

  /** An error in the API's form that has nothing to do with a body. */
  private ApiException refuse(int status, String message, String code) {
    return switch (kind) {
      case ANTHROPIC, ANTHROPIC_WITHOUT_TTL ->
          status == 401 ? ApiException.unauthenticated(message) : ApiException.notFound(message);
      case BEDROCK_CONVERSE, BEDROCK_INVOKE ->
          ApiException.aws(status, "ResourceNotFoundException", message);
      case VERTEX, GEMINI -> ApiException.google(status, message);
      case OPENAI_CHAT,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          AZURE,
          QWEN,
          GROQ,
          MISTRAL,
          XAI_CHAT,
          XAI_RESPONSES,
          FIREWORKS,
          OPENROUTER ->
          ApiException.openAi(status, message, "", code);
    };
  }

  // Anthropic's form.

  private Verdict messages(
      ProviderPath path, String tenant, Map<String, String> headers, byte[] body)
      throws ApiException {
    if (kind == Kind.ANTHROPIC && !headers.containsKey("anthropic-version")) {
      throw ApiException.invalid("anthropic-version: header is required");
    }
    MessagesRequest.Host host =
        switch (kind) {
          case ANTHROPIC_WITHOUT_TTL -> MessagesRequest.Host.WITHOUT_TTL;
          case BEDROCK_INVOKE -> MessagesRequest.Host.BEDROCK;
          case VERTEX -> MessagesRequest.Host.VERTEX;
          default -> MessagesRequest.Host.ANTHROPIC;
        };
    ModelRow row = null;
    if (!path.model().isEmpty()) {
      row = claude(path.model());
      if (row == null) {
        throw kind == Kind.VERTEX
            ? ApiException.google(404, "Publisher Model `" + path.model() + "` was not found")
            : ApiException.validation("The provided model identifier is invalid.");
      }
    }
    MessagesRequest request;
    try {
      request =
          MessagesRequest.parse(body, host, anthropicName(path.model()), tenant, BYTES_PER_TOKEN);
    } catch (ApiException e) {
      throw kind == Kind.BEDROCK_INVOKE ? ApiException.validation(e.text()) : e;
    }
    int minimumTokens;
    if (row == null) {
      row = ModelRow.of(request.model());
    }
    if (row != null) {
      minimumTokens = row.minimumTokens();
    } else if (kind == Kind.ANTHROPIC_WITHOUT_TTL && request.model().startsWith("kimi-")) {
      minimumTokens = KIMI_MINIMUM_TOKENS;
    } else if (kind == Kind.ANTHROPIC_WITHOUT_TTL && request.model().startsWith("MiniMax-")) {
      minimumTokens = MINIMAX_MINIMUM_TOKENS;
    } else {
      throw ApiException.notFound("model: " + request.model());
    }
    MessageUsage usage = read(request.blocks(), minimumTokens);
    return priced(
        path,
        request.model(),
        tenant,
        path.stream() || request.stream(),
        request.markers(),
        usage,
        // Who resells has prices of its own.
        kind == Kind.ANTHROPIC ? row : null);
  }

  private MessageUsage read(List<PromptBlock> blocks, int minimumTokens) {
    long now = nowNanos();
    PromptCache.Plan plan = marked.read(blocks, minimumTokens, now);
    marked.begun(plan, now);
    return plan.usage();
  }

  private static @Nullable ModelRow claude(String hostModel) {
    return ModelRow.of(anthropicName(hostModel));
  }

  /** Bedrock has Anthropic's models by names like {@code eu.anthropic.claude-opus-5-v1:0}. */
  private static String anthropicName(String hostModel) {
    int vendor = hostModel.lastIndexOf("anthropic.");
    return vendor < 0 ? hostModel : hostModel.substring(vendor + "anthropic.".length());
  }

  // Converse.

  private Verdict converse(ProviderPath path, String tenant, byte[] body) throws ApiException {
    ModelRow row = path.model().contains("anthropic.") ? claude(path.model()) : null;
    if (row == null && !BEDROCK_MODEL.matcher(path.model()).matches()) {
      throw ApiException.validation("The provided model identifier is invalid.");
    }
    ConverseRequest request =
        ConverseRequest.parse(body, path.model(), row != null, tenant, BYTES_PER_TOKEN);
    MessageUsage usage =
        read(request.blocks(), row == null ? Integer.MAX_VALUE : row.minimumTokens());
    return priced(path, path.model(), tenant, path.stream(), request.markers(), usage, null);
  }

  // OpenAI's form.

  private Verdict openAi(ProviderPath path, String tenant, byte[] body) throws ApiException {
    JsonNode root = ChatHost.OPENAI.object(body);
    String model = ChatHost.OPENAI.text(root, "", "model");
    ModelRow row = ModelRow.openAi(model);
    if (row == null) {
      throw ApiException.openAi(
          404,
          "The model `" + model + "` does not exist or you do not have access to it.",
          "",
          "model_not_found");
    }
    boolean breakpoints = ModelRow.takesBreakpoints(model);
    ChatHost host = breakpoints ? ChatHost.OPENAI_BREAKPOINTS : ChatHost.OPENAI;
    OpenAiPrompt prompt =
        kind == Kind.OPENAI_CHAT
            ? ChatRequest.parse(root, host, "", tenant, BYTES_PER_TOKEN)
            : ResponsesRequest.parse(root, host, tenant, BYTES_PER_TOKEN);
    MessageUsage usage =
        breakpoints
            ? atBreakpoints(prompt, tenant, row.minimumTokens())
            : inSteps(path, prompt, tenant, body, host, Steps.OPENAI);
    return priced(path, model, tenant, prompt.stream(), prompt.markers(), usage, row);
  }

  private Verdict chat(ProviderPath path, String tenant, byte[] body, ChatHost host, Steps steps)
      throws ApiException {
    OpenAiPrompt prompt =
        ChatRequest.parse(host.object(body), host, path.model(), tenant, BYTES_PER_TOKEN);
    if (kind == Kind.AZURE
        && path.model().isEmpty()
        && !prompt.caching().key().isEmpty()
        && ModelRow.openAi(prompt.model()) == null) {
      throw host.unknown("", "prompt_cache_key"); // Only OpenAI's models take it there.
    }
    boolean caches = kind != Kind.MISTRAL || !prompt.caching().key().isEmpty();
    MessageUsage usage = inSteps(path, prompt, tenant, body, host, caches ? steps : null);
    return relative(path, prompt, tenant, usage, kind == Kind.AZURE ? null : steps);
  }

  /** A cache for each session that a header tells; what it is, is not looked at. */
  private Verdict session(
      ProviderPath path,
      String tenant,
      Map<String, String> headers,
      String header,
      byte[] body,
      ChatHost host,
      Steps steps)
      throws ApiException {
    String session = headers.getOrDefault(header, "");
    if (headers.containsKey(header) && !SESSION.matcher(session).matches()) {
      throw ApiException.openAi(400, "Invalid header '" + header + "'", "", "");
    }
    return chat(path, tenant + "\0" + session, body, host, steps);
  }

  private Verdict xaiResponses(ProviderPath path, String tenant, byte[] body) throws ApiException {
    // As OpenAI's before breakpoints: nothing says that more is taken.
    ChatHost host = ChatHost.OPENAI;
    OpenAiPrompt prompt = ResponsesRequest.parse(host.object(body), host, tenant, BYTES_PER_TOKEN);
    MessageUsage usage = inSteps(path, prompt, tenant, body, host, Steps.XAI);
    return relative(path, prompt, tenant, usage, Steps.XAI);
  }

  /** What it converts for the providers behind it, and for which families of models. */
  private Verdict openRouter(ProviderPath path, String tenant, byte[] body) throws ApiException {
    ChatHost host = ChatHost.OPENROUTER;
    JsonNode root = host.object(body);
    if (root.hasNonNull("session_id")
        && !SESSION.matcher(host.text(root, "", "session_id")).matches()) {
      throw host.wrong("session_id", "expected up to 256 characters", "invalid_value");
    }
    OpenAiPrompt prompt = ChatRequest.parse(root, host, "", tenant, BYTES_PER_TOKEN);
    if (prompt.markers() > 0 && !OPENROUTER_MARKED.matcher(prompt.model()).matches()) {
      throw host.unknown("messages", "cache_control");
    }
    return relative(path, prompt, tenant, read(prompt.blocks(), QWEN_MINIMUM_TOKENS), null);
  }

  /** By its markers or by itself, never both. */
  private Verdict qwen(ProviderPath path, String tenant, byte[] body) throws ApiException {
    ChatHost host = ChatHost.QWEN;
    OpenAiPrompt prompt = ChatRequest.parse(host.object(body), host, "", tenant, BYTES_PER_TOKEN);
    if (!prompt.model().startsWith("qwen")) {
      throw ApiException.openAi(
          404,
          "The model `" + prompt.model() + "` does not exist or you do not have access to it.",
          "",
          "model_not_found");
    }
    if (prompt.markers() == 0) {
      MessageUsage usage = inSteps(path, prompt, tenant, body, host, Steps.QWEN);
      return relative(path, prompt, tenant, usage, Steps.QWEN);
    }
    MessageUsage usage = read(prompt.blocks(), QWEN_MINIMUM_TOKENS);
    double units = usage.uncached() + QWEN_WRITE * usage.written5m() + QWEN_READ * usage.read();
    return new Verdict(
        path.api(),
        prompt.model(),
        tenant,
        prompt.stream(),
        prompt.markers(),
        usage,
        OptionalDouble.of(units),
        OptionalDouble.empty());
  }

  /** Breakpoints of the client, and the one at the end that OpenAI sets. */
  private MessageUsage atBreakpoints(OpenAiPrompt prompt, String tenant, int minimumTokens) {
    List<PromptBlock> blocks = prompt.blocks();
    long all = blocks.isEmpty() ? 0 : blocks.getLast().endTokens();
    var explicit = new ArrayList<Integer>();
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).ttlSeconds() > 0) {
        explicit.add(i);
      }
    }
    var readable = new TreeSet<>(latest(explicit, MAX_BREAKPOINTS_READ));
    var written = new TreeSet<Integer>();
    if (prompt.caching().explicit()) {
      written.addAll(latest(explicit, 4));
    } else {
      readable.addAll(prompt.ends());
      written.addAll(latest(explicit, 3));
      written.add(blocks.size() - 1);
    }
    readable.removeIf(block -> block < 0 || blocks.get(block).endTokens() < minimumTokens);
    written.removeIf(block -> block < 0 || blocks.get(block).endTokens() < minimumTokens);
    if (readable.isEmpty() && written.isEmpty()) {
      return new MessageUsage(0, 0, 0, all, 0);
    }
    long now = nowNanos();
    String server = server(prompt, tenant, now);
    List<Integer> candidates = List.copyOf(readable);
    int hit =
        automatic.longest(
            server, candidates.stream().map(block -> blocks.get(block).prefix()).toList(), now);
    long read = hit < 0 ? 0 : blocks.get(candidates.get(hit)).endTokens();
    long covered = read;
    for (int block : written) {
      automatic.write(
          server,
          blocks.get(block).prefix(),
          OpenAiCaching.BREAKPOINT_SECONDS * NANOS_PER_SECOND,
          now);
      covered = Math.max(covered, blocks.get(block).endTokens());
    }
    return new MessageUsage(read, covered - read, 0, all - covered, 0);
  }

  /** Whole steps of the prompt; writes are not billed apart. */
  private MessageUsage inSteps(
      ProviderPath path,
      OpenAiPrompt prompt,
      String tenant,
      byte[] body,
      ChatHost host,
      @Nullable Steps steps)
      throws ApiException {
    RenderedPrompt rendered;
    try {
      rendered =
          RenderedPrompt.of(
              Asked.of(path.api(), prompt.model(), path.framing(), path.stream(), body).chat());
    } catch (IllegalArgumentException e) {
      throw host.refused("messages", String.valueOf(e.getMessage()), "invalid_value");
    }
    long all = rendered.tokens();
    if (steps == null) {
      return new MessageUsage(0, 0, 0, all, 0);
    }
    int first = Math.ceilDiv(steps.minimumTokens, steps.stepTokens) - 1;
    long[] chain = rendered.chain(steps.stepTokens);
    var prefixes = new ArrayList<CachedPrefix>();
    for (int i = first; i < chain.length; i++) {
      prefixes.add(new CachedPrefix(chain[i], i));
    }
    if (prefixes.isEmpty()) {
      return new MessageUsage(0, 0, 0, all, 0);
    }
    long now = nowNanos();
    String server = server(prompt, tenant, now);
    int hit = automatic.longest(server, prefixes, now);
    long ttlSeconds = prompt.caching().dayLong() ? DAY_SECONDS : steps.ttlSeconds;
    for (CachedPrefix prefix : prefixes) {
      automatic.write(server, prefix, ttlSeconds * NANOS_PER_SECOND, now);
    }
    long read = hit < 0 ? 0 : (long) (first + hit + 1) * steps.stepTokens;
    return new MessageUsage(read, 0, 0, all - read, 0);
  }

  /** Requests of a customer go where those went that have the same key and begin alike. */
  private String server(OpenAiPrompt prompt, String tenant, long now) {
    return automatic.server(
        String.join(
            "\0",
            tenant,
            prompt.model(),
            prompt.caching().key(),
            prompt.blocks().getFirst().prefix().toString()),
        now);
  }

  private static List<Integer> latest(List<Integer> all, int count) {
    return all.subList(Math.max(0, all.size() - count), all.size());
  }

  // The rest.

  /** What has no markers, judged by its outline. */
  private Verdict outline(ProviderPath path, String tenant, byte[] body) throws ApiException {
    try {
      Asked asked = Asked.of(path.api(), path.model(), path.framing(), path.stream(), body);
      var usage = new MessageUsage(0, 0, 0, RenderedPrompt.of(asked.chat()).tokens(), 0);
      return priced(path, asked.model(), tenant, asked.stream(), 0, usage, null);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw kind == Kind.GEMINI
          ? ApiException.google(400, message)
          : ApiException.openAi(400, message, "", "");
    }
  }

  private Verdict priced(
      ProviderPath path,
      String model,
      String tenant,
      boolean stream,
      int markers,
      MessageUsage usage,
      @Nullable ModelRow row) {
    OptionalDouble usd = row == null ? OptionalDouble.empty() : row.price(usage);
    OptionalDouble units =
        row == null || row.prices() == null || usd.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                usd.getAsDouble()
                    / row.price(new MessageUsage(0, 0, 0, usage.allInput(), 0)).orElse(Double.NaN)
                    * usage.allInput());
    return new Verdict(path.api(), model, tenant, stream, markers, usage, units, usd);
  }

  private static Verdict relative(
      ProviderPath path,
      OpenAiPrompt prompt,
      String tenant,
      MessageUsage usage,
      @Nullable Steps steps) {
    return new Verdict(
        path.api(),
        prompt.model(),
        tenant,
        prompt.stream(),
        prompt.markers(),
        usage,
        steps == null
            ? OptionalDouble.empty()
            : OptionalDouble.of(usage.uncached() + steps.read * usage.read()),
        OptionalDouble.empty());
  }

  private long nowNanos() {
    return Duration.between(origin, time.instant()).toNanos();
  }
}
