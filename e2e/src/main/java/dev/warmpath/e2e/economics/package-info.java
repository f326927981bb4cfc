/** What markers cost and save at a provider, over made-up traffic and by its bill. */
@NullMarked
package dev.warmpath.e2e.economics;

import org.jspecify.annotations.NullMarked;
