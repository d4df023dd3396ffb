namespace Resilient.Llm.Requests;

/// <summary>
/// Options lost their request context: a mistake in the application that no other model or retry can repair. The message says what to
/// change.
/// </summary>
internal sealed class MissingRequestContextException(string message) : InvalidOperationException(message);
