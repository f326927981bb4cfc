/** Liveness, readiness, metrics, decisions and audit over HTTP. */
@NullMarked
package dev.warmpath.controlplane.admin;

import org.jspecify.annotations.NullMarked;
