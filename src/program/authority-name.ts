/**
 * Who asks the API server for this name is shown the cluster's authority itself behind the server's certificate. While
 * authorities are exchanged all others are shown how the old one certifies the new one.
 */
export const AUTHORITY_SERVER_NAME = "authority.cluster.wherry";
