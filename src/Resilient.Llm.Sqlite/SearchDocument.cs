namespace Resilient.Llm;

/// <summary>A document to search.</summary>
/// <param name="Id">The unique id: adding a document with a known id replaces it. Not blank; compared ordinally.</param>
/// <param name="Title">The title; its words count more than those of the body.</param>
/// <param name="Body">The plain text. Results show passages of it.</param>
/// <param name="Uri">Where to read the document; null for none.</param>
public sealed record SearchDocument(string Id, string Title, string Body, Uri? Uri = null);
