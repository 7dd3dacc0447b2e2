# frozen_string_literal: true

module Demo
  # Real records that a machine with Ruby has: Debian's package database, one
  # stanza of "Field: value" lines for each package, and the gems' specifications.
  module Records
    DPKG_STATUS = "/var/lib/dpkg/status"
    LISTS = %w[Depends Pre-Depends Recommends Suggests Conflicts Breaks Replaces Provides].freeze

    module_function

    # @return [Hash{String => Array<Hash>}] the records of each source; a source that is not here has none
    def all(dpkg_status: DPKG_STATUS)
      { "Debian packages" => packages(dpkg_status), "Ruby gems" => gems }
    end

    def packages(path)
      return [] unless File.readable?(path)

      File.read(path, encoding: "UTF-8").scrub.split(/\n{2,}/).map { |stanza| package(stanza) }.reject(&:empty?)
    end

    # A line that begins with a blank continues the field above it.
    def package(stanza)
      fields = stanza.split(/\n(?=\S)/).filter_map { |field| field.split(/:[ \t]*/, 2) if field.include?(":") }
      fields.to_h { |name, value| [name, field_value(name, value.strip)] }
    end

    def field_value(name, value)
      case name
      when "Installed-Size" then Integer(value, 10)
      when "Conffiles" then value.lines.to_h { |line| line.strip.split(" ", 2) }
      when *LISTS then value.split(/,\s*/)
      else { "yes" => true, "no" => false }.fetch(value, value)
      end
    end

    # Versions and times stay objects: they travel as extended types.
    def gems
      Gem::Specification.map do |spec|
        {
          "name" => spec.name, "version" => spec.version, "date" => spec.date, "summary" => spec.summary,
          "authors" => spec.authors, "licenses" => spec.licenses, "files" => spec.files,
          "dependencies" => spec.dependencies.map { |needed| [needed.name, needed.requirement.to_s] }
        }
      end
    end
  end
end
