namespace Resilient.Llm;

/// <summary>One document that a search found.</summary>
/// <param name="Title">What to show as the heading.</param>
/// <param name="Snippet">The passage that fits the question, as plain text.</param>
/// <param name="Uri">Where to read on; null when there is no such place.</param>
/// <param name="Score">How well it fits; higher is better, only comparable within one search.</param>
public sealed record SearchResult(string Title, string Snippet, Uri? Uri = null, double Score = 0);
