/** The wire formats that simulated engines and providers share: what is asked, and the answers. */
@NullMarked
package dev.warmpath.e2e.api;

import org.jspecify.annotations.NullMarked;
