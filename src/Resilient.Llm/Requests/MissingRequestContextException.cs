namespace Resilient.Llm.Requests;

/// <summary>Options lost the context of their request: a mistake in the application, which no other model and no wait corrects. The message says how.</summary>
internal sealed class MissingRequestContextException(string message) : InvalidOperationException(message);
