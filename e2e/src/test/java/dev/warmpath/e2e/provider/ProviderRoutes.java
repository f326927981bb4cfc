package dev.warmpath.e2e.provider;

import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.requests.ProviderRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A configuration with a route to every simulated provider, told by the header {@code x-to}. */
final class ProviderRoutes {
  /** The header that tells the route. */
  static final String HEADER = "x-to";

  /** The providers of the catalogue, and what each of them takes. */
  static final Map<String, List<Kind>> PROVIDERS = new LinkedHashMap<>();

  static {
    PROVIDERS.put("anthropic", List.of(Kind.ANTHROPIC));
    PROVIDERS.put("kimi", List.of(Kind.ANTHROPIC_WITHOUT_TTL));
    PROVIDERS.put("minimax", List.of(Kind.ANTHROPIC_WITHOUT_TTL));
    PROVIDERS.put("bedrock", List.of(Kind.BEDROCK_CONVERSE, Kind.BEDROCK_INVOKE));
    PROVIDERS.put("vertex", List.of(Kind.VERTEX));
    PROVIDERS.put("openai", List.of(Kind.OPENAI_CHAT, Kind.OPENAI_RESPONSES));
    PROVIDERS.put("azure", List.of(Kind.AZURE));
    PROVIDERS.put("qwen", List.of(Kind.QWEN));
    PROVIDERS.put("groq", List.of(Kind.GROQ));
    PROVIDERS.put("mistral", List.of(Kind.MISTRAL));
    PROVIDERS.put("xai", List.of(Kind.XAI_CHAT, Kind.XAI_RESPONSES));
    PROVIDERS.put("fireworks", List.of(Kind.FIREWORKS));
    PROVIDERS.put("openrouter", List.of(Kind.OPENROUTER));
  }

  private ProviderRoutes() {}

  /**
   * The configuration's providers, models and routes.
   *
   * @param addresses by provider of the catalogue
   */
  static String yaml(UnaryOperator<String> addresses) {
    return yaml(addresses, "", "");
  }

  /**
   * The same with others beside them.
   *
   * @param moreProviders lines of the list
   * @param moreRoutes lines of the list
   */
  static String yaml(UnaryOperator<String> addresses, String moreProviders, String moreRoutes) {
    var providers = new StringBuilder("providers:\n");
    var routes = new StringBuilder("routes:\n");
    PROVIDERS.forEach(
        (name, kinds) -> {
          for (Kind kind : kinds) {
            // A provider of the configuration speaks one API.
            String route = route(name, kind);
            providers.append(
                "- {name: %s, catalogue: %s, address: '%s', api: %s, plaintext: true}\n"
                    .formatted(route, name, addresses.apply(name), api(kind)));
            routes.append(
                "- {id: %s, headers: {%s: %s}, provider: %s, annotate: active, stream_usage: active}\n"
                    .formatted(route, HEADER, route, route));
          }
        });
    return providers + moreProviders + PRICED + routes + moreRoutes;
  }

  /** What these cost is not in the shipped catalogue; without it nothing is marked. */
  private static final String PRICED =
      """
      models:
      - provider: kimi
        patterns: ["kimi-*", "moonshot-*"]
        apis: [anthropic_messages]
        cache: {price_factors: {read: 0.1, write: 1.25}}
      - provider: minimax
        patterns: ["MiniMax-*"]
        apis: [anthropic_messages]
        cache: {price_factors: {read: 0.1, write: 1.25}}
      - provider: openrouter
        patterns: ["anthropic/claude-*", "google/gemini-*", "qwen/*"]
        apis: [openai_chat]
        cache:
          mechanisms: [cache_control, session_id]
          max_markers: 1
          price_factors: {read: 0.1, write: 1.25}
      """;

  static String route(ProviderRequest request) {
    return route(request.provider(), request.kind());
  }

  static String route(String provider, Kind kind) {
    return provider + "-" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String api(Kind kind) {
    return switch (kind) {
      case BEDROCK_CONVERSE -> "bedrock_converse";
      case OPENAI_RESPONSES, XAI_RESPONSES -> "openai_responses";
      case OPENAI_CHAT, AZURE, QWEN, GROQ, MISTRAL, XAI_CHAT, FIREWORKS, OPENROUTER ->
          "openai_chat";
      default -> "anthropic_messages";
    };
  }
}
