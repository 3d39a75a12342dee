# cmake -DFOLDER=schemas -DFILES="a.json;steps/b.json" -DOUTPUT=schemas.cpp -P embed_schemas.cmake
# Writes the schemas as strings, sorted by name ("options", "steps/ingest"), behind cli/embedded_schemas.h.
separate_arguments(FILES UNIX_COMMAND "${FILES}")
list(SORT FILES)
set(text "#include \"cli/embedded_schemas.h\"\n\nnamespace cohort::cli {\nnamespace {\nconstexpr EmbeddedSchema all[] = {\n")
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" content)
  string(REGEX REPLACE "\\.json$" "" name "${file}")
  string(APPEND text "    {\"${name}\", R\"schema(${content})schema\"},\n")
endforeach()
string(APPEND text "};\n}  // namespace\nstd::span<const EmbeddedSchema> embedded_schemas() { return all; }\n}  // namespace cohort::cli\n")
file(WRITE "${OUTPUT}" "${text}")
