namespace Resilient.Llm.Chaos;

/// <summary>How much a request asks, and how much it is answered.</summary>
/// <param name="PromptTokens">Tokens of the question. Range: 0 and up.</param>
/// <param name="AnswerTokens">Tokens of the whole answer. Range: 1 and up.</param>
public readonly record struct ChatSize(int PromptTokens, int AnswerTokens);

/// <summary>A request that arrives.</summary>
/// <param name="At">When.</param>
/// <param name="Size">What it asks.</param>
public readonly record struct ChatArrival(DateTimeOffset At, ChatSize Size);
