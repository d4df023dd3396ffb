namespace Resilient.Llm;

/// <summary>One document that a search found.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Snippet">The matching passage, as plain text.</param>
/// <param name="Uri">The address of the document; null when there is none.</param>
/// <param name="Score">The relevance; higher is better, comparable only within one search.</param>
public sealed record SearchResult(string Title, string Snippet, Uri? Uri = null, double Score = 0);
