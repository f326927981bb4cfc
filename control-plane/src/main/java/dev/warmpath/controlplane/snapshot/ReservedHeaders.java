package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.field;

import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The request headers that speak between our filters and Envoy's router. Nobody else may say them,
 * so they are taken from what clients send; nobody else needs them, so they are taken out again on
 * the way to each upstream.
 */
final class ReservedHeaders {
  /**
   * What the ext_proc service may set: our own headers, the length of a body that it edited, and
   * those that keep a session where its provider has it cached. Envoy refuses an expression of more
   * than 100 instructions ({@code re2.max_program_size.error_level}), and each letter is one.
   */
  static final String SETTABLE =
      "x-("
          + bare(Names.HEADER_PREFIX)
          + "key-[a-z]+|"
          + bare(Names.DESTINATION)
          + "|"
          + Names.SESSION_HEADERS.stream()
              .map(ReservedHeaders::bare)
              .collect(Collectors.joining("|"))
          + ")|content-length";

  /** {@code HeaderMutation.remove_on_match}, which Envoy has since 1.36 and the library has not. */
  private static final int REMOVE_ON_MATCH = 3;

  private static final int KEY_MATCHER = 1;

  private ReservedHeaders() {}

  /** A name without the {@code x-} that all of them begin with. */
  private static String bare(String name) {
    if (!name.startsWith("x-")) {
      throw new IllegalArgumentException(name + " (expected: x-…)");
    }
    return name.substring(2);
  }

  /** The mutations that take the reserved headers out. */
  static List<HeaderMutation> removals() {
    return List.of(remove(Names.DESTINATION), removePrefix(Names.HEADER_PREFIX));
  }

  static HeaderMutation remove(String header) {
    return HeaderMutation.newBuilder().setRemove(header).build();
  }

  static HeaderMutation removePrefix(String prefix) {
    StringMatcher matcher = StringMatcher.newBuilder().setPrefix(prefix).build();
    return HeaderMutation.newBuilder()
        .setUnknownFields(field(REMOVE_ON_MATCH, field(KEY_MATCHER, matcher)))
        .build();
  }

  /** The HTTP filter, downstream or upstream, that applies mutations to requests. */
  static HttpFilter filter(String name, List<HeaderMutation> mutations) {
    return HttpFilter.newBuilder()
        .setName(name)
        .setTypedConfig(
            any(
                io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                    .newBuilder()
                    .setMutations(Mutations.newBuilder().addAllRequestMutations(mutations))
                    .build()))
        .build();
  }
}
