/** Requests as real clients send them, for every simulated provider. */
@NullMarked
package dev.warmpath.e2e.provider.requests;

import org.jspecify.annotations.NullMarked;
