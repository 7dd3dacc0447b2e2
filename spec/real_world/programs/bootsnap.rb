# frozen_string_literal: true

# An application that boots with bootsnap. The folder it runs in has config/ and lib*/, made by the spec, and keeps the
# caches from one boot to the next.
require_relative "report"
require "bootsnap"

# The folders of $LOAD_PATH that bootsnap looks into, because its cache does not tell what is there.
module Scans
  class << self
    attr_accessor :paths
  end
  self.paths = []

  def call(path)
    Scans.paths << path
    super
  end
end
Bootsnap::LoadPathCache::PathScanner.singleton_class.prepend(Scans)

$LOAD_PATH.unshift(*Dir[File.join(Dir.pwd, "lib*")])
ENV["BOOTSNAP_CACHE_DIR"] = File.join(Dir.pwd, "cache")
require "bootsnap/setup"

events = []
Bootsnap.instrumentation = ->(event, path) { events << [event, File.basename(path)] if path.include?("/config/") }

# For an object that only !ruby/object: makes.
class Server
  attr_reader :host
end

# What a file gives, in classes that the spec has too.
def loaded
  object = yield
  object.is_a?(Server) ? ["Server", object.host] : object
rescue Psych::Exception => e
  [e.class.name]
end

config = ->(name) { File.join("config", name) }
results = { options: [Bootsnap::CompileCache::YAML.supported_options, Bootsnap::CompileCache::JSON.supported_options] }
results[:yaml] = Dir["config/*.yml"].to_h do |path|
  name = File.basename(path, ".yml").to_sym
  [name, [loaded { YAML.load_file(path) }, loaded { YAML.unsafe_load_file(path) }]]
end
results[:symbolized] = YAML.load_file(config["plain.yml"], symbolize_names: true)
frozen = YAML.load_file(config["plain.yml"], freeze: true)
results[:frozen] = [frozen, Ractor.shareable?(frozen)]
results[:json] = Dir["config/*.json"].to_h { |path| [File.basename(path, ".json").to_sym, JSON.load_file(path)] }
frozen = JSON.load_file(config["data.json"], freeze: true)
results[:json_frozen] = [frozen, Ractor.shareable?(frozen)]

# bootsnap's own answer to where a feature is, and Ruby's.
results[:features] = Array.new(60) do |i|
  found = Bootsnap::LoadPathCache.load_path_cache.find("feature_#{i}")
  [require("feature_#{i}"), found.delete_prefix("#{Dir.pwd}/"), Object.const_get("FEATURE_#{i}")]
end
Report.write(results.merge(events: events, scans: Scans.paths))
