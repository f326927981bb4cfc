package dev.warmpath.extproc.provider;

import java.time.Duration;
import java.util.Optional;

/**
 * How long an entry of a cache lives. Immutable.
 *
 * @param ttl as a request asks for it; empty: it can't be asked for
 * @param atLeast empty: not known
 * @param atMost empty: not known
 */
public record Lifetime(String ttl, Optional<Duration> atLeast, Optional<Duration> atMost) {}
