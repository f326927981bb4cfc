/** What data path, control plane and Envoy have to agree on beside their messages. */
@NullMarked
package dev.warmpath.wire;

import org.jspecify.annotations.NullMarked;
