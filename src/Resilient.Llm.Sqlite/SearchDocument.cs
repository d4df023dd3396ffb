namespace Resilient.Llm;

/// <summary>A document to be found.</summary>
/// <param name="Id">Names the document: adding one with a known id replaces it. Not blank; compared ordinally.</param>
/// <param name="Title">The heading; a word found here counts more than in the body.</param>
/// <param name="Body">The text, as plain text: results show passages of it.</param>
/// <param name="Uri">Where to read on; null when there is no such place.</param>
public sealed record SearchDocument(string Id, string Title, string Body, Uri? Uri = null);
