# frozen_string_literal: true

require_relative "../lib/msgpack/version"

package = "pkg/msgpack-#{MessagePack::VERSION}.gem"

namespace :gem do
  desc "Build #{package}, which stands in for the gem msgpack"
  task :compat do
    mkdir_p File.dirname(package)
    sh Gem.ruby, "-S", "gem", "build", "-C", "compat", "msgpack.gemspec", "--output", File.expand_path(package)
  end
end
