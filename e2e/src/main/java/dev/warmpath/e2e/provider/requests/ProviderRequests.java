package dev.warmpath.e2e.provider.requests;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.provider.AwsSignature;
import dev.warmpath.e2e.provider.ProviderAccess;
import dev.warmpath.e2e.provider.ProviderAccess.Account;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Requests to providers as real clients send them, the same for the same seed: strings and blocks,
 * tools, images, files, thinking, calls and results, turns of more than twenty blocks, many
 * scripts, any white space, prompts on both sides of every minimum, clients that mark nothing and
 * that mark all they may, conversations that grow. One in a hundred has a member that no API knows.
 * Of {@link Kind#OPENAI_EMBEDDINGS} and {@link Kind#GEMINI} there are none: nothing is added to
 * these.
 *
 * <p>Not thread-safe. Holds at most {@value #MAX_LIVE} conversations of each kind.
 */
public final class ProviderRequests {
  private static final int MAX_LIVE = 24;
  private static final List<JsonHabit> JSON_HABITS =
      List.of(
          JsonHabit.COMPACT, JsonHabit.COMPACT, JsonHabit.ASCII, JsonHabit.PRETTY, JsonHabit.ODD);
  private static final int FAULTY_ONE_IN = 100;
  private static final AwsSignature.Scope BEDROCK = new AwsSignature.Scope("us-east-1", "bedrock");

  /** What it makes requests to. */
  public static final List<Kind> KINDS =
      List.of(
          Kind.ANTHROPIC,
          Kind.ANTHROPIC_WITHOUT_TTL,
          Kind.BEDROCK_CONVERSE,
          Kind.BEDROCK_INVOKE,
          Kind.VERTEX,
          Kind.OPENAI_CHAT,
          Kind.OPENAI_RESPONSES,
          Kind.AZURE,
          Kind.QWEN,
          Kind.GROQ,
          Kind.MISTRAL,
          Kind.XAI_CHAT,
          Kind.XAI_RESPONSES,
          Kind.FIREWORKS,
          Kind.OPENROUTER);

  private static final List<String> OPENAI_MODELS =
      List.of(
          "gpt-5.5",
          "gpt-5.5-2026-04-23",
          "gpt-5.6",
          "gpt-6-sol",
          "gpt-6-luna",
          "gpt-6-sol-2026-10-01");
  private static final List<String> CLAUDE_MODELS =
      List.of(
          "claude-fable-5-1",
          "claude-opus-5-5",
          "claude-opus-5",
          "claude-opus-4-8",
          "claude-opus-4-7",
          "claude-opus-4-6",
          "claude-sonnet-5-5",
          "claude-sonnet-4-5-20250929",
          "claude-haiku-5-5",
          "claude-haiku-4-5-20251001");
  private static final List<String> BEDROCK_MODELS =
      List.of(
          "anthropic.claude-opus-5-5-v1:0",
          "us.anthropic.claude-opus-4-7-v1:0",
          "global.anthropic.claude-opus-4-6-v1:0",
          "eu.anthropic.claude-sonnet-5-5-v1:0",
          "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
          "anthropic.claude-haiku-4-5-20251001-v1:0");
  private static final List<String> OTHER_CONVERSE_MODELS =
      List.of("meta.llama4-maverick-17b-instruct-v1:0", "amazon.nova-pro-v2:0");

  private final Random random;
  private final InstantSource time;
  private final String bedrockHost;
  private final Texts texts;
  private final Map<Kind, List<Conversation>> live = new EnumMap<>(Kind.class);

  private ProviderRequests(long seed, InstantSource time, String bedrockHost) {
    random = new Random(seed);
    this.time = time;
    this.bedrockHost = bedrockHost;
    texts = new Texts(random);
  }

  /**
   * Begins anew.
   *
   * @param time of signatures
   */
  public static ProviderRequests seeded(long seed, InstantSource time) {
    return seeded(seed, time, "bedrock-runtime.us-east-1.amazonaws.com");
  }

  /**
   * Begins anew.
   *
   * @param time of signatures
   * @param bedrockHost that requests to Bedrock are signed for, as it will be told
   */
  public static ProviderRequests seeded(long seed, InstantSource time, String bedrockHost) {
    return new ProviderRequests(seed, time, bedrockHost);
  }

  /** Whether a model that is asked for here takes breakpoints. */
  static boolean takesBreakpoints(String model) {
    return model.startsWith("gpt-") && !model.startsWith("gpt-5.5");
  }

  /** A request to any. */
  public ProviderRequest next() {
    return next(KINDS.get(random.nextInt(KINDS.size())));
  }

  /** A request to one of {@link #KINDS}. */
  public ProviderRequest next(Kind kind) {
    Conversation conversation = conversation(kind);
    ObjectNode body =
        switch (kind) {
          case ANTHROPIC, ANTHROPIC_WITHOUT_TTL, BEDROCK_INVOKE, VERTEX ->
              MessagesBodies.of(conversation, random);
          case BEDROCK_CONVERSE -> ConverseBodies.of(conversation, random);
          case OPENAI_CHAT, AZURE, QWEN, GROQ, MISTRAL, XAI_CHAT, FIREWORKS, OPENROUTER ->
              ChatBodies.of(conversation, random);
          case OPENAI_RESPONSES, XAI_RESPONSES -> ResponsesBodies.of(conversation, random);
          case OPENAI_EMBEDDINGS, GEMINI ->
              throw new IllegalArgumentException(kind + " (expected: one of " + KINDS + ")");
        };
    if (random.nextInt(FAULTY_ONE_IN) == 0) {
      body.put("cache_hint", "a member that nobody knows");
    }
    if (conversation.habit(1, 3) == 0) {
      body = JsonHabit.shuffled(body, conversation.habits());
    }
    JsonHabit habit = JSON_HABITS.get(conversation.habit(2, JSON_HABITS.size()));
    byte[] bytes = habit.write(body, random).getBytes(StandardCharsets.UTF_8);
    String target = target(conversation);
    return new ProviderRequest(
        kind, conversation, target, headers(conversation, target, bytes), bytes);
  }

  /** One that is new, or one that goes on. */
  private Conversation conversation(Kind kind) {
    List<Conversation> open = live.computeIfAbsent(kind, _ -> new ArrayList<>());
    if (!open.isEmpty() && random.nextInt(10) < 6) {
      Conversation conversation = open.get(random.nextInt(open.size()));
      if (conversation.turns().size() < Conversation.MAX_TURNS) {
        conversation.grow(random);
        return conversation;
      }
      open.remove(conversation);
    }
    List<Account> accounts = ProviderAccess.DEFAULTS.accounts();
    String model = model(kind);
    var conversation =
        new Conversation(
            kind,
            provider(kind, model),
            model,
            accounts.get(random.nextInt(accounts.size())).tenant(),
            texts,
            random);
    if (open.size() == MAX_LIVE) {
      open.remove(random.nextInt(MAX_LIVE));
    }
    open.add(conversation);
    return conversation;
  }

  private String model(Kind kind) {
    List<String> models =
        switch (kind) {
          case ANTHROPIC -> CLAUDE_MODELS;
          case VERTEX -> List.of("claude-opus-5-5@20260901", "claude-sonnet-4-5@20250929");
          case ANTHROPIC_WITHOUT_TTL -> List.of("kimi-k3", "MiniMax-M3");
          case BEDROCK_INVOKE -> BEDROCK_MODELS;
          case BEDROCK_CONVERSE -> random.nextInt(8) == 0 ? OTHER_CONVERSE_MODELS : BEDROCK_MODELS;
          case OPENAI_CHAT, OPENAI_RESPONSES -> OPENAI_MODELS;
          case AZURE -> List.of("gpt-5.5", "gpt-6-sol");
          case QWEN -> List.of("qwen3-max", "qwen-plus");
          case GROQ -> List.of("openai/gpt-oss-120b", "moonshotai/kimi-k2-instruct");
          case MISTRAL -> List.of("mistral-large-latest", "codestral-latest");
          case XAI_CHAT, XAI_RESPONSES -> List.of("grok-4", "grok-5-fast");
          case FIREWORKS ->
              List.of("accounts/fireworks/models/kimi-k3", "accounts/fireworks/models/glm-5");
          case OPENROUTER ->
              List.of(
                  "anthropic/claude-opus-5.5",
                  "google/gemini-3.1-pro-preview",
                  "qwen/qwen3-max",
                  "openai/gpt-6-sol");
          case OPENAI_EMBEDDINGS, GEMINI -> List.of("");
        };
    return models.get(random.nextInt(models.size()));
  }

  private static String provider(Kind kind, String model) {
    return switch (kind) {
      case ANTHROPIC -> "anthropic";
      case ANTHROPIC_WITHOUT_TTL -> model.startsWith("MiniMax") ? "minimax" : "kimi";
      case BEDROCK_CONVERSE, BEDROCK_INVOKE -> "bedrock";
      case VERTEX -> "vertex";
      case OPENAI_CHAT, OPENAI_RESPONSES, OPENAI_EMBEDDINGS -> "openai";
      case AZURE -> "azure";
      case GEMINI -> "gemini";
      case QWEN -> "qwen";
      case GROQ -> "groq";
      case MISTRAL -> "mistral";
      case XAI_CHAT, XAI_RESPONSES -> "xai";
      case FIREWORKS -> "fireworks";
      case OPENROUTER -> "openrouter";
    };
  }

  private String target(Conversation of) {
    boolean stream = random.nextInt(3) == 0;
    String escaped =
        of.habit(4, 2) == 0 ? of.model() : of.model().replace(":", "%3A").replace("@", "%40");
    return switch (of.kind()) {
      case ANTHROPIC -> "/v1/messages";
      case ANTHROPIC_WITHOUT_TTL -> "/anthropic/v1/messages";
      case BEDROCK_CONVERSE -> "/model/" + escaped + (stream ? "/converse-stream" : "/converse");
      case BEDROCK_INVOKE ->
          "/model/" + escaped + (stream ? "/invoke-with-response-stream" : "/invoke");
      case VERTEX ->
          "/v1/projects/p/locations/global/publishers/anthropic/models/"
              + escaped
              + (stream ? ":streamRawPredict" : ":rawPredict");
      case OPENAI_CHAT, MISTRAL, XAI_CHAT -> "/v1/chat/completions";
      case FIREWORKS -> "/inference/v1/chat/completions";
      case OPENROUTER -> "/api/v1/chat/completions";
      case OPENAI_RESPONSES, XAI_RESPONSES -> "/v1/responses";
      case AZURE ->
          of.habit(3, 2) == 0
              ? "/openai/v1/chat/completions"
              : "/openai/deployments/" + of.model() + "/chat/completions?api-version=2026-10-01";
      case QWEN -> "/compatible-mode/v1/chat/completions";
      case GROQ -> "/openai/v1/chat/completions";
      case OPENAI_EMBEDDINGS, GEMINI -> throw new IllegalStateException(of.kind().name());
    };
  }

  private Map<String, String> headers(Conversation of, String target, byte[] body) {
    Account account =
        ProviderAccess.DEFAULTS.accounts().stream()
            .filter(one -> one.tenant().equals(of.tenant()))
            .findFirst()
            .orElseThrow();
    var headers = new HashMap<String, String>();
    headers.put("content-type", "application/json");
    if (of.kind() == Kind.XAI_CHAT && of.habit(7, 3) == 0) {
      headers.put("x-grok-conv-id", "own-" + of.habit(5, 1_000));
    }
    if (of.kind() == Kind.FIREWORKS && of.habit(7, 3) == 0) {
      headers.put("x-session-affinity", "own-" + of.habit(5, 1_000));
    }
    switch (of.kind()) {
      case ANTHROPIC -> {
        headers.put("anthropic-version", "2023-06-01");
        headers.put("x-api-key", account.apiKey());
      }
      case AZURE -> headers.put("api-key", account.apiKey());
      case BEDROCK_CONVERSE, BEDROCK_INVOKE -> {
        if (of.habit(7, 3) == 0) {
          headers.put("host", bedrockHost);
          return AwsSignature.sign(
              new AwsSignature.Request("POST", target, headers),
              body,
              account,
              BEDROCK,
              time.instant());
        }
        headers.put("authorization", "Bearer " + account.apiKey());
      }
      default -> headers.put("authorization", "Bearer " + account.apiKey());
    }
    return headers;
  }
}
