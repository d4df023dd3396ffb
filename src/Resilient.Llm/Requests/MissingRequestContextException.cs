namespace Resilient.Llm.Requests;

/// <summary>Options lost the trace of their request: a mistake in the application, which no other model and no waiting mends. The message says how.</summary>
internal sealed class MissingRequestContextException(string message) : InvalidOperationException(message);
