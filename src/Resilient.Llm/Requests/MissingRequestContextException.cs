namespace Resilient.Llm.Requests;

/// <summary>
/// Options lost the context of their request. That is a mistake in the application, which neither another model nor a retry can repair.
/// The message says what to change.
/// </summary>
internal sealed class MissingRequestContextException(string message) : InvalidOperationException(message);
