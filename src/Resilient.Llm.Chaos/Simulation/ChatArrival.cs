namespace Resilient.Llm.Chaos;

/// <summary>The size of a request and of its answer.</summary>
/// <param name="PromptTokens">The tokens of the question. Range: 0 and up.</param>
/// <param name="AnswerTokens">The tokens of the whole answer. Range: 1 and up.</param>
public readonly record struct ChatSize(int PromptTokens, int AnswerTokens);

/// <summary>The arrival of a request.</summary>
/// <param name="At">When it arrives.</param>
/// <param name="Size">Its size.</param>
public readonly record struct ChatArrival(DateTimeOffset At, ChatSize Size);
